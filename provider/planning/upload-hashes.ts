/** Hashes of the files that are uploaded to remote hosts. */
import { propertyOf } from "../shared/lookup.js";
import type { Project } from "../compose/types.js";
import { K2Error } from "../shared/errors.js";
import { isElsewhere, localPaths } from "../model/plan/project-bind-mounts.js";
import type { Placement } from "../model/placement/placement.js";

/** Returns hashes by service and path, relative to the project's folder. `addresses` is the result of `realAddresses`. */
export async function readSynced(
  project: Project,
  placement: Placement,
  addresses: Record<string, string>,
): Promise<Record<string, Record<string, string>>> {
  const found: Record<string, Record<string, string>> = {};
  for (const [name, service] of Object.entries(project.services)) {
    const hosts = Object.keys(placement[name] ?? {});
    const paths = localPaths(project, service);
    if (
      !service.sync ||
      paths.length === 0 ||
      !hosts.some((host) => isElsewhere(propertyOf(addresses, host)))
    )
      continue;
    // Loaded only for projects with uploads.
    const { hashesOf } = await import("../engine/files/synced-folders.js");
    const hashes = await Promise.all(paths.map((path) => hashesOf(project.directory, path))).catch(
      (cause: unknown) => {
        if (!K2Error.is(cause)) throw cause;
        const at = project.positionOf(`services.${name}.volumes`);
        throw new K2Error(cause.code, `services.${name}.volumes: ${cause.what}`, { at, cause });
      },
    );
    found[name] = Object.assign({}, ...hashes);
  }
  return found;
}

/** Returns the address of each host, with docker contexts resolved. A context that cannot be read is kept: connecting reports it. */
export async function realAddresses(project: Project): Promise<Record<string, string>> {
  const addresses = Object.entries(project.hosts).map(async ([name, { address }]) => {
    if (!address.startsWith("context://")) return [name, address] as const;
    const { withoutContext } = await import("../engine/connection/endpoint.js");
    const found = await withoutContext({ name, address }, project.environment).catch(() => undefined);
    return [name, found?.address ?? address] as const;
  });
  return Object.fromEntries(await Promise.all(addresses));
}
