/** What is elsewhere than before, and what that leaves behind. */
import type { Project, Volume, Warning } from "../../compose/types.js";
import type { Placement } from "./placement.js";

interface Move {
  service: string;
  /** Hosts that it leaves. */
  from: string[];
  /** Hosts that it comes to. */
  to: string[];
}

/** Services that leave one host for another; growing and shrinking is no move. */
export function moves(memory: Placement, placement: Placement): Move[] {
  return Object.keys(placement)
    .sort()
    .map((service) => {
      const [before, after] = [used(memory[service]), used(placement[service])];
      const from = before.filter((host) => !after.includes(host));
      const to = after.filter((host) => !before.includes(host));
      return { service, from, to };
    })
    .filter(({ from, to }) => from.length > 0 && to.length > 0);
}

/** Of each move whose service keeps data on the host that it leaves. */
export function dataLeftBehind(project: Project, moved: Move[]): Warning[] {
  return moved.flatMap(({ service, from, to }) => {
    const volumes = localVolumes(project, service);
    if (volumes.length === 0) return [];
    const what = `services.${service} moves from ${from.join(", ")} to ${to.join(", ")}`;
    const many = volumes.length > 1;
    const data = `volume${many ? "s" : ""} ${volumes.join(", ")} ${many ? "stay" : "stays"} on ${from.join(", ")}: nothing is copied`;
    const at = project.positionOf(`services.${service}.volumes`) ?? project.positionOf(`services.${service}`);
    return [{ message: `${what}; ${data}`, ...(at && { at }) }];
  });
}

function used(hosts: Record<string, number> = {}): string[] {
  return Object.keys(hosts)
    .filter((host) => hosts[host]! > 0)
    .sort();
}

/** Engine names of its volumes, and folders of its host. */
function localVolumes(project: Project, service: string): string[] {
  const mounts = project.services[service]?.volumes ?? [];
  const places = mounts.flatMap(({ type, source }) => {
    if (source === undefined || (type !== "volume" && type !== "bind")) return [];
    if (type === "bind") return [source];
    const volume = project.volumes[source];
    return volume && isShared(volume) ? [] : [volume?.name ?? source];
  });
  return [...new Set(places)].sort();
}

/** Its data is not on the engine's own disk. */
function isShared({ driver, driver_opts }: Volume): boolean {
  return (driver !== undefined && driver !== "local") || /^(nfs|cifs)/.test(driver_opts?.type ?? "");
}
