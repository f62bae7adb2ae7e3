/** Settings of a swarm, which belong to the stack that a label of the swarm names. */
import type { ProjectSwarm } from "../../../compose/types.js";
import { label } from "../../labels.js";
import type { ObservedCluster } from "../observed.js";
import { rotationLabel } from "../swarm-labels.js";
import type { Change, ClusterOperation, Notice, Refusal } from "./operations.js";
import { type ClusterOwner, type Rotation, rotations } from "./wanted.js";

export interface SettingsPlan {
  /** One update of the swarm. */
  changes: Change[];
  rotate: Rotation[];
  refusals: Refusal[];
  notices: Notice[];
}

/** Returns the other stack to which the swarm belongs; undefined if it is ours or has no owner. */
export function otherOwner(
  { labels }: ObservedCluster,
  { stack, stackId }: ClusterOwner,
): string | undefined {
  const [owner, id] = [labels[label.stack], labels[label.stackId]];
  if (owner === undefined) return undefined;
  const same = owner === stack && (id === undefined || stackId === undefined || id === stackId);
  return same ? undefined : owner;
}

/** For `init`, which sets them at once. The counters start as the file has them: nothing needs to be rotated. */
export function settingsOfNew(settings: ProjectSwarm, owner: ClusterOwner): Change[] {
  const { address_pool, subnet_size, data_path_port } = settings.init ?? {};
  return [
    ...written("address pool", address_pool?.join(" ")),
    ...written("subnet size", subnet_size),
    ...written("data path port", data_path_port),
    ...written("task history", settings.task_history),
    ...written("autolock", settings.autolock),
    ...ownerChanges({}, owner),
    ...rotations.flatMap((what) => written(rotationLabel(what), settings.rotate?.[what])),
  ];
}

export function planSettings(
  cluster: ObservedCluster,
  wanted: ProjectSwarm,
  owner: ClusterOwner,
): SettingsPlan {
  const other = otherOwner(cluster, owner);
  const settings = settingChanges(cluster, wanted);
  const { counters, rotate } = rotationsOf(cluster, wanted);
  const refusals = fixedRefusals(cluster, wanted);
  const notices: Notice[] =
    wanted.rotate?.unlock_key !== undefined && !(wanted.autolock ?? cluster.autolock)
      ? [{ code: "no-autolock", what: "swarm.rotate.unlock_key has no effect without swarm.autolock" }]
      : [];
  if (other === undefined)
    return {
      changes: [...settings, ...ownerChanges(cluster.labels, owner), ...counters],
      rotate,
      refusals,
      notices,
    };
  const differing = [
    ...settings.map(({ what }) => what),
    ...rotate.map((what) => `rotation of ${words[what]}`),
  ];
  if (differing.length > 0) refusals.push(ofOtherStack(other, differing.join(", ")));
  return { changes: [], rotate: [], refusals, notices };
}

/** `what`: names of the settings that differ. */
export function ofOtherStack(other: string, what: string, host?: string): Refusal {
  return {
    ...{ code: "other-stack", error: "conflict" },
    ...(host !== undefined && { host }),
    what: `the swarm belongs to stack ${other}, and this file differs from it in ${what}`,
    hint: "Change it in the file of that stack, or write the same value here.",
  };
}

export function settingsOperation({ changes, rotate }: SettingsPlan): ClusterOperation[] {
  return changes.length === 0 ? [] : [{ op: "settings", changes, rotate }];
}

function settingChanges(cluster: ObservedCluster, { task_history, autolock }: ProjectSwarm): Change[] {
  return [
    ...differing("task history", cluster.taskHistory, task_history),
    ...differing("autolock", cluster.autolock, autolock),
  ];
}

/** The first stack of k2-compose in a swarm owns it. */
function ownerChanges(labels: Record<string, string>, { stack, stackId }: ClusterOwner): Change[] {
  return [
    ...differing(label.stack, labels[label.stack], stack),
    ...differing(label.stackId, labels[label.stackId], stackId),
  ];
}

/** A swarm without an owner is adopted with its tokens: its counters are recorded. */
function rotationsOf({ labels, autolock }: ObservedCluster, wanted: ProjectSwarm) {
  const counters: Change[] = [];
  const rotate: Rotation[] = [];
  const owned = labels[label.stack] !== undefined;
  for (const what of rotations) {
    const count = wanted.rotate?.[what];
    if (count === undefined) continue;
    const recorded = labels[rotationLabel(what)];
    const before = recorded === undefined ? (owned ? 0 : count) : Number(recorded);
    const possible = what !== "unlock_key" || (autolock && (wanted.autolock ?? true));
    if (count > before && possible) rotate.push(what);
    counters.push(...differing(rotationLabel(what), recorded, count));
  }
  return { counters, rotate };
}

function fixedRefusals(cluster: ObservedCluster, { init = {} }: ProjectSwarm): Refusal[] {
  const changes = [
    ...differing("address_pool", cluster.addressPool.join(" "), init.address_pool?.join(" ")),
    ...differing("subnet_size", cluster.subnetSize, init.subnet_size),
    ...differing("data_path_port", cluster.dataPathPort, init.data_path_port),
  ];
  return changes.map(({ what, from, to }) => ({
    ...{ code: "fixed", error: "conflict" },
    what: `swarm.init.${what} is ${to ?? ""} in the file and ${from ?? ""} in the swarm, where it cannot change`,
    hint: "Write the swarm's value, or remove the setting; only a new swarm can have another one.",
  }));
}

const words: Record<Rotation, string> = {
  worker_token: "the worker token",
  manager_token: "the manager token",
  unlock_key: "the unlock key",
  ca: "the certificate authority",
};

type Value = string | number | boolean;

function written(what: string, value: Value | undefined): Change[] {
  return value === undefined ? [] : [{ what, to: String(value) }];
}

function differing(what: string, from: Value | undefined, to: Value | undefined): Change[] {
  if (to === undefined || String(to) === String(from ?? "")) return [];
  return [{ what, ...(from !== undefined && { from: String(from) }), to: String(to) }];
}
