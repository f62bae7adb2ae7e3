/** Selects containers that start while logs are followed. */
import type { HostRef } from "../../provider/model/host-ref.js";
import { instanceOf } from "../../provider/model/observed.js";
import type { Live } from "../application/live-application.js";
import { addTo } from "../../provider/shared/grouped.js";

export interface Newcomers {
  project: string;
  /** One host for each engine. */
  hosts: HostRef[];
  /** The host name to show for the container; undefined if it is not followed. */
  hostOf(service: string, number: number, engine: HostRef): string | undefined;
}

/** If two hosts have the same engine, uses the one that the service is known to be on. */
export function newcomersOf(
  { application, hosts, services }: Live,
  isWanted: (service: string, host: string, number: number) => boolean,
): Newcomers {
  const engines = new Map<string, HostRef[]>();
  for (const { host, snapshot } of hosts) {
    if (!snapshot) continue;
    addTo(engines, instanceOf(snapshot), host);
  }
  const groups = [...engines.values()];
  return {
    project: application.name,
    hosts: groups.flatMap(([first]) => first ?? []),
    hostOf: (service, number, engine) => {
      const names = (groups.find(([first]) => first?.name === engine.name) ?? [engine]).map(
        ({ name }) => name,
      );
      const known = services.find((one) => one.service === service && names.includes(one.host.name));
      const host = known?.host.name ?? engine.name;
      return isWanted(service, host, number) ? host : undefined;
    },
  };
}
