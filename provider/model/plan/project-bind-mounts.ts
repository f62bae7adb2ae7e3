/** Bind mounts of the project's own folder, if the engine is on another machine. */
import { posix } from "node:path";
import type { Mount, Project, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";

/** Mounted parts of the project's folder: paths relative to it ("site", or "" for the folder itself). */
export function localPaths(project: Pick<Project, "directory">, service: Service): string[] {
  const paths = (service.volumes ?? []).flatMap((mount) => pathOf(project, mount) ?? []);
  return [...new Set(paths)].sort();
}

/** The service with relative sources for uploaded folders, because the operator's path has no meaning on the host. */
export function withTravellingFolders(project: Project, service: Service): Service {
  if (!service.volumes) return service;
  const volumes = service.volumes.map((mount) => {
    const path = pathOf(project, mount);
    return path === undefined ? mount : { ...mount, source: written(path) };
  });
  return { ...service, volumes };
}

/** Throws K2Error for a folder that can be neither mounted nor uploaded. `address`: not a docker context. */
export function refuseLocalFolders(
  project: Project,
  name: string,
  service: Service,
  host: string,
  address: string,
): void {
  for (const [index, mount] of (service.volumes ?? []).entries()) {
    const path = pathOf(project, mount);
    if (path === undefined || (service.sync && mount.read_only)) continue;
    const [from, to] = [written(path), mount.target];
    const what = service.sync
      ? `${from} is uploaded to ${host} (${address}), but could be written to there`
      : `${from} is a folder of this machine, and ${host} (${address}) is another one`;
    throw new K2Error("invalid-file", `services.${name}.volumes: ${what}`, {
      at:
        project.positionOf(`services.${name}.volumes[${index}]`) ??
        project.positionOf(`services.${name}.volumes`),
      hint: service.sync
        ? `Mount it read-only (${from}:${to}:ro): files that a container writes would not be copied back, and would be lost with the next change. Keep data in a named volume.`
        : `Set \`x-sync: true\` on the service, and mount it read-only (${from}:${to}:ro): then it is uploaded. Or keep data in a named volume, pass single files as \`configs:\`, or add ${to} to the image.`,
    });
  }
}

/** Decides by the address; an unresolved docker context counts as this machine. */
export function isElsewhere(address: string): boolean {
  if (/^(unix|npipe|context):/.test(address)) return false;
  return !/^(\w+:\/\/)?([^@/]*@)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(address);
}

/** Relative to the project's folder; undefined for other paths. */
function pathOf({ directory }: Pick<Project, "directory">, { type, source }: Mount): string | undefined {
  if (type !== "bind" || source === undefined) return undefined;
  const path = posix.relative(directory, source);
  return path === ".." || path.startsWith("../") ? undefined : path;
}

function written(path: string): string {
  return path === "" ? "." : `./${path}`;
}
