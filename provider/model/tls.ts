/** `tls: secret://prod`: certificates and key that the stack's configuration holds, under k2-compose:tls.prod. */
export function tlsSecretName(tls: string): string | undefined {
  return /^secret:\/\/(.+)$/.exec(tls)?.[1];
}

/** What configuration keeps the material of all names under: `k2-compose:tls`. */
export const tlsSetting = "k2-compose:tls";
