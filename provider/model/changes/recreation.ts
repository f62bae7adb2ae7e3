/** Networks and volumes that can only be recreated, not changed: the conditions, and the effects on containers. */
import { networkDefinition, networkHash, volumeHash } from "../reconcile/config-hash.js";
import type { NetworkInputs, Run, ServiceContext, VolumeInputs } from "../kinds.js";
import { label } from "../labels.js";
import type { HostSnapshot } from "../observed.js";
import { type Reason, reason } from "../reasons.js";

type Labels = Record<string, string>;

export function volumeDefinition({ host, project, volume, ...definition }: VolumeInputs) {
  return definition;
}

/** An object without a hash was not created from a compose file, or by docker-compose 1.x: it is accepted unchanged. */
export function isAnotherNetwork(inputs: NetworkInputs, labels: Labels): boolean {
  const hash = labels[label.configHash];
  return Boolean(hash) && hash !== networkHash(networkDefinition(inputs));
}

export function isAnotherVolume(inputs: VolumeInputs, labels: Labels): boolean {
  const hash = labels[label.configHash];
  return hash !== undefined && hash !== volumeHash(volumeDefinition(inputs));
}

/** Whether this run recreates the network. Networks of a swarm are kept: other hosts' containers are attached. */
export function isNetworkRecreated(inputs: NetworkInputs, { networks }: HostSnapshot): boolean {
  const there = networks.find(({ name }) => name === inputs.name);
  return (
    there !== undefined &&
    !inputs.external &&
    inputs.driver !== "overlay" &&
    isAnotherNetwork(inputs, there.labels)
  );
}

/** Messages of a preview about a network that it takes over. */
export function networkRecreationReasons(inputs: NetworkInputs, seen: HostSnapshot): Reason[] {
  const text = "exists with another definition: will be recreated";
  return isNetworkRecreated(inputs, seen) ? [reason("recreated", inputs.name, text)] : [];
}

/** Whether this run recreates the volume: only if an option allows it, since its data is lost. */
export function isVolumeRecreated(inputs: VolumeInputs, seen: HostSnapshot, run: Run): boolean {
  return run.recreateVolumes === true && conflictsWithExisting(inputs, seen);
}

/** Messages of a preview about a volume, beside its fields. */
export function volumeRecreationReasons(inputs: VolumeInputs, seen: HostSnapshot, run: Run): Reason[] {
  if (!conflictsWithExisting(inputs, seen)) return [];
  return run.recreateVolumes
    ? [reason("recreated", inputs.name, "will be recreated, empty: its data is lost")]
    : [
        reason(
          "refused",
          inputs.name,
          "exists with another definition: will be refused, because its data would be lost (--recreate-volumes)",
        ),
      ];
}

function conflictsWithExisting(inputs: VolumeInputs, { volumes }: HostSnapshot): boolean {
  const there = volumes.find(({ name }) => name === inputs.name);
  return there !== undefined && !inputs.external && isAnotherVolume(inputs, there.labels);
}

/** Why a service needs an update after a recreation. `isRecreated` takes "network shop_default" or "volume shop_data". */
export function recreationReasons(
  { networks, volumes }: Pick<ServiceContext, "networks" | "volumes">,
  isRecreated: (thing: string) => boolean,
): Reason[] {
  const of = (kind: string, names: Record<string, string>) =>
    Object.values(names).filter((name) => isRecreated(`${kind} ${name}`));
  return [
    ...of("volume", volumes).map((name) =>
      reason("recreated", name, `volume ${name} is recreated: containers will be replaced`),
    ),
    ...of("network", networks).map((name) =>
      reason("recreated", name, `network ${name} is recreated: containers will move to it`),
    ),
  ];
}
