/** Mounts of a service that are uploaded instead of found on its host. */
import type { Mount } from "../../compose/types.js";
import type { ServiceInputs } from "../kinds.js";

export interface SyncedMount {
  mount: Mount;
  /** Relative to the project's folder; "" is the folder itself. */
  path: string;
  /** A single file; otherwise a folder. */
  file: boolean;
  /** Hashes of its content, by path relative to the project's folder. */
  hashes: Record<string, string>;
}

export function syncedMounts({
  volumes = [],
  synced,
}: Pick<ServiceInputs, "volumes" | "synced">): SyncedMount[] {
  if (!synced) return [];
  return volumes.filter(isSynced).map((mount) => {
    const path = mount.source.replace(/^\.\/?/, "");
    const file = Object.hasOwn(synced, path);
    const inside = (key: string) => key === path || path === "" || key.startsWith(`${path}/`);
    const hashes = Object.entries(synced).filter(([key]) => inside(key));
    return { mount, path, file, hashes: Object.fromEntries(hashes) };
  });
}

/** Sources are absolute otherwise. */
export function isSynced(mount: Mount): mount is Mount & { source: string } {
  const { type, source } = mount;
  return type === "bind" && source !== undefined && /^\.(\/|$)/.test(source);
}
