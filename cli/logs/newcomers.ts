/** Which containers that begin while logs are followed join in. */
import type { HostRef } from "../../provider/model/host-ref.js";
import { instanceOf } from "../../provider/model/observed.js";
import type { Live } from "../application/live-application.js";

export interface Newcomers {
  project: string;
  /** One host for each engine. */
  hosts: HostRef[];
  /** The name of the host that the service's container is said to be on; undefined if it is not to be followed. */
  hostOf(service: string, number: number, engine: HostRef): string | undefined;
}

/** Two names may mean one engine: then it is the one that a service is known to be on. */
export function newcomersOf(
  { application, hosts, services }: Live,
  isWanted: (service: string, host: string, number: number) => boolean,
): Newcomers {
  const engines = new Map<string, HostRef[]>();
  for (const { host, snapshot } of hosts) {
    if (!snapshot) continue;
    const instance = instanceOf(snapshot);
    engines.set(instance, [...(engines.get(instance) ?? []), host]);
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
