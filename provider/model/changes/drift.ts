/**
 * The reasons why a resource with unchanged inputs needs an update: its host differs from the last deployed state.
 * One function a kind, a sentence a reason; previews, `up` and the CLI all call them. Images and services are in files of
 * their own.
 */
import type {
  HealthCheckInputs,
  HealthCheckOutputs,
  HostInputs,
  HostOutputs,
  NetworkContext,
  NetworkInputs,
  NetworkOutputs,
  VolumeInputs,
} from "../kinds.js";
import { activeMember, type HostSnapshot, type ObservedContainer } from "../observed.js";
import { asDrift, type Reason, reason, type ReasonCode, reasonThat } from "../reasons.js";
import { isOpen } from "../unknown.js";

export function hostDrift(inputs: HostInputs, state: Partial<HostOutputs>, seen: HostSnapshot): Reason[] {
  if (seen.engine.id === state.engineId) return [];
  const text = `another engine answers at ${inputs.address} (${seen.engine.id}, was ${state.engineId ?? "unknown"})`;
  return [asDrift(reason("another-engine", inputs.name, text))];
}

/** The reasons for a host whose address changed. `isSame`: the engine is still the same. */
export function addressChangeReasons(
  last: HostInputs,
  { name, address }: HostInputs,
  isSame: boolean,
): Reason[] {
  if (last.address === address || isSame) return [];
  const text =
    `another engine answers at ${address}: containers and volumes at ${last.address} are kept there, but no longer managed. ` +
    "To move them, give the other engine a name of its own";
  return [reason("another-engine", name, text)];
}

export function orphanDrift(orphans: ObservedContainer[]): Reason[] {
  return orphans.map(({ name }) => reason("orphan", name, `orphan ${name}: will be removed`));
}

/** `atManager`: the snapshot of the swarm's manager that knows the network, if the network belongs to a swarm. */
export function networkDrift(
  inputs: NetworkInputs,
  { home }: Pick<NetworkContext, "home">,
  state: Partial<NetworkOutputs>,
  seen: HostSnapshot,
  atManager?: HostSnapshot,
): Reason[] {
  const called = ({ networks }: HostSnapshot) => networks.find(({ name }) => name === inputs.name);
  const because = (code: ReasonCode, text: string) => reason(code, inputs.name, text);
  if (state.swarm && !activeMember(seen.engine.swarm))
    return [
      asDrift(
        because(
          "swarm",
          `${inputs.host.name} is no longer in a swarm, and ${inputs.name} is a swarm network`,
        ),
      ),
    ];
  if (state.swarm && state.swarm.home !== (home === inputs.host.name))
    return [because("swarm", `network ${inputs.name} is now managed from ${home ?? "no host"}`)];
  // A swarm's worker lists its networks only while containers use them.
  const there = called(seen) ?? (atManager && called(atManager));
  if (!there && state.swarm && !seen.engine.swarm?.control && !atManager) return [];
  if (!there)
    return [
      asDrift(
        because(
          "missing",
          `network ${inputs.name} is missing: will be ${inputs.external ? "looked up" : "created"}`,
        ),
      ),
    ];
  return there.id === state.networkId
    ? []
    : [asDrift(because("recreated", `network ${inputs.name} was recreated: will be taken over`))];
}

export function volumeDrift(inputs: VolumeInputs, seen: HostSnapshot): Reason[] {
  if (seen.volumes.some(({ name }) => name === inputs.name)) return [];
  const verb = inputs.external ? "looked up" : "created, empty";
  return [asDrift(reason("missing", inputs.name, `volume ${inputs.name} is missing: will be ${verb}`))];
}

export function healthCheckDrift(
  inputs: HealthCheckInputs,
  revision: string,
  state: Partial<HealthCheckOutputs>,
): Reason[] {
  // Scaling does not replace containers, which is known only after the update.
  if (isOpen(revision))
    return [
      reasonThat("outdated", inputs.service, "changes: will be checked again if its containers are replaced"),
    ];
  return revision === state.revision
    ? []
    : [reasonThat("outdated", inputs.service, "changed: will be checked again")];
}
