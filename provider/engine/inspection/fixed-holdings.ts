import type { Exclusive } from "../../model/placement/exclusive.js";
import type { InspectedContainer } from "../observe/inspect.js";

/** Whether the container's own configuration asks for it; otherwise the engine has chosen it, and may choose another. */
export function isFixed(thing: Exclusive, { HostConfig, NetworkSettings }: InspectedContainer): boolean {
  if (thing.kind === "name") return true;
  if (thing.kind === "address") {
    const asked = NetworkSettings.Networks?.[thing.network]?.IPAMConfig;
    return Object.values(asked ?? {}).includes(thing.address);
  }
  const bindings = Object.values(HostConfig.PortBindings ?? {}).flatMap((of) => of ?? []);
  return bindings.some(({ HostPort }) => HostPort === String(thing.claim.first));
}
