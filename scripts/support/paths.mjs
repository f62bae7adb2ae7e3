import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/**
 * Returns a path in the cache of everything that is built or downloaded once, which all checkouts share.
 */
export function cacheFolder(...parts) {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "k2-compose", ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}
