import { resolve } from "node:path";

/** `tls: secret://prod`: certificates and key that the stack's configuration holds, under k2-compose:tls.prod. */
export function tlsSecretName(tls: string): string | undefined {
  return /^secret:\/\/(.+)$/.exec(tls)?.[1];
}

/** What configuration keeps the material of all names under: `k2-compose:tls`. */
export const tlsSetting = "k2-compose:tls";

/** Where the folder is that `tls` means in a file, or a state, of this folder. "~/…" is everybody's own, and stays as it is. */
export function tlsFrom(folder: string, tls: string): string {
  return isNoPath(tls) ? tls : resolve(folder, tls);
}

/** It means the same wherever it is read. */
export function isNoPath(tls: string): boolean {
  return tlsSecretName(tls) !== undefined || tls.startsWith("~/");
}
