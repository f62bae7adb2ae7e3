import type { Project, Service } from "../compose/types.js";
import { K2Error } from "../errors.js";

/** Throws K2Error for a bind mount of the project's own folder on an engine of another machine, where it is not. */
export function refuseLocalFolders(project: Project, name: string, service: Service, host: string): void {
  const { address } = project.hosts[host]!;
  if (!isElsewhere(address)) return;
  const below = (path: string) => path === project.directory || path.startsWith(`${project.directory}/`);
  const found = (service.volumes ?? []).findIndex(
    ({ type, source }) => type === "bind" && source !== undefined && below(source),
  );
  if (found < 0) return;
  const { source = "", target } = service.volumes![found]!;
  const written = `.${source.slice(project.directory.length)}`;
  throw new K2Error(
    "invalid-file",
    `services.${name}.volumes: ${written} is a folder of this machine, and ${host} (${address}) is another one`,
    {
      at:
        project.positionOf(`services.${name}.volumes[${found}]`) ??
        project.positionOf(`services.${name}.volumes`),
      hint: `Hand over single files as \`configs:\` (their content travels), keep data in a named volume, or put ${target} into the image.`,
    },
  );
}

/** By its address; a docker context may be either, and is given the benefit of the doubt. */
function isElsewhere(address: string): boolean {
  if (/^(unix|npipe|context):/.test(address)) return false;
  return !/^(\w+:\/\/)?([^@/]*@)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(address);
}
