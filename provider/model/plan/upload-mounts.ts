/** What of a service's mounts was uploaded rather than found on its host. */
import type { Mount } from "../../compose/types.js";
import type { ServiceInputs } from "../kinds.js";

export interface SyncedMount {
  mount: Mount;
  /** Relative to the project's folder; "" is all of it. */
  path: string;
  /** A single file; else a folder. */
  file: boolean;
  /** Of what is in it, by path relative to the project's folder. */
  hashes: Record<string, string>;
}

export function syncedMounts({
  volumes = [],
  synced,
}: Pick<ServiceInputs, "volumes" | "synced">): SyncedMount[] {
  if (!synced) return [];
  return volumes.filter(isSynced).map((mount) => {
    const path = mount.source!.replace(/^\.\/?/, "");
    const file = Object.hasOwn(synced, path);
    const inside = (key: string) => key === path || path === "" || key.startsWith(`${path}/`);
    const hashes = Object.entries(synced).filter(([key]) => inside(key));
    return { mount, path, file, hashes: Object.fromEntries(hashes) };
  });
}

/** Sources are absolute otherwise. */
export function isSynced({ type, source }: Mount): boolean {
  return type === "bind" && source !== undefined && /^\.(\/|$)/.test(source);
}
