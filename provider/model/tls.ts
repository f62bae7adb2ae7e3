import { resolve } from "node:path";

/** `tls: secret://prod`: certificates and key in the stack's configuration, under k2-compose:tls.prod. */
export function tlsSecretName(tls: string): string | undefined {
  return /^secret:\/\/(.+)$/.exec(tls)?.[1];
}

/** The key of the stack's configuration that contains the material of all names: `k2-compose:tls`. */
export const tlsSetting = "k2-compose:tls";

/** Resolves `tls` of a file or state in this folder. "~/…" is kept, because it depends on the user. */
export function tlsFrom(folder: string, tls: string): string {
  return isNoPath(tls) ? tls : resolve(folder, tls);
}

/** Returns whether `tls` has the same meaning in every folder. */
export function isNoPath(tls: string): boolean {
  return tlsSecretName(tls) !== undefined || tls.startsWith("~/");
}
