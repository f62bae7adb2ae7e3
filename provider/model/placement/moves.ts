/** Services that move to other hosts, and the data that stays on the previous ones. */
import type { Project, Volume, Warning } from "../../compose/types.js";
import type { Placement } from "./placement.js";

interface Move {
  service: string;
  /** Hosts that the service leaves. */
  from: string[];
  /** Hosts that the service moves to. */
  to: string[];
}

/** Returns the services that leave one host for another. Scaling up or down is not a move. */
export function moves(previous: Placement, placement: Placement): Move[] {
  return Object.keys(placement)
    .sort()
    .map((service) => {
      const [before, after] = [used(previous[service]), used(placement[service])];
      const from = before.filter((host) => !after.includes(host));
      const to = after.filter((host) => !before.includes(host));
      return { service, from, to };
    })
    .filter(({ from, to }) => from.length > 0 && to.length > 0);
}

/** Returns a warning for each move of a service with data on the host that it leaves. */
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
  return Object.entries(hosts)
    .flatMap(([host, count]) => (count > 0 ? [host] : []))
    .sort();
}

/** Returns the volumes of a service, by name on the engine, and its bind-mounted folders. */
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

/** Whether the data of a volume is stored outside the engine's own disk. */
function isShared({ driver, driver_opts }: Volume): boolean {
  return (driver !== undefined && driver !== "local") || /^(nfs|cifs)/.test(driver_opts?.type ?? "");
}
