import type { Project, Service } from "../../provider/compose/types.js";
import type { Uploads } from "../../provider/engine/files/synced-folders.js";
import {
  isElsewhere,
  localPaths,
  withTravellingFolders,
} from "../../provider/model/plan/project-bind-mounts.js";
import { readSynced, realAddresses } from "../../provider/planning/upload-hashes.js";
import type { LiveService } from "../application/live-application.js";

/**
 * Uploads bind mounts of the service that are marked with x-sync, unless its containers already have the same
 * content.
 */
export async function uploadsOf(
  project: Project,
  { service: name, host }: LiveService,
  service: Service,
): Promise<Uploads | undefined> {
  if (!service.sync || localPaths(project, service).length === 0) return undefined;
  const addresses = await realAddresses(project);
  const address = addresses[host.name] ?? host.address;
  if (!isElsewhere(address)) return undefined;
  const known = { ...addresses, [host.name]: address };
  const found = await readSynced(project, { [name]: { [host.name]: 1 } }, known);
  const { volumes, platform } = withTravellingFolders(project, service);
  return {
    ...{ project: project.name, service: name },
    ...(volumes && { volumes }),
    ...(platform !== undefined && { platform }),
    ...(found[name] && { synced: found[name] }),
  };
}
