/** Changes of a node's labels and availability. Labels are owned one by one: those of others stay. */
import type { ObservedNode } from "../observed.js";
import { placePrefix, swarmLabel } from "../swarm-labels.js";
import type { Change } from "./operations.js";
import type { Availability, ClusterInput, KnownNode } from "./wanted.js";
import type { WantedNode } from "../../swarm-data.js";

export interface NodeChanges {
  changes: Change[];
  /** The labels among them that replace a value which this stack has not set. */
  foreign: Change[];
}

type Context = Pick<ClusterInput, "project" | "labelsInUse">;

/** `node`: absent for one that joins. */
export function labelChanges(
  wanted: WantedNode,
  node: Pick<ObservedNode, "labels"> | undefined,
  known: KnownNode | undefined,
  context: Context,
): NodeChanges {
  const observed = node?.labels ?? {};
  const own = labelsOf(wanted);
  const set = Object.entries(own).flatMap(([key, to]): Change[] => {
    const from = observed[key];
    return from === to ? [] : [{ what: key, ...(from !== undefined && { from }), to }];
  });
  const removed = Object.entries(observed).flatMap(([key, from]): Change[] =>
    own[key] === undefined && isOurs(key, known, context) ? [{ what: key, from }] : [],
  );
  const foreign = set.filter(({ what, from }) => from !== undefined && !isSetBy(what, known, context));
  return { changes: [...set, ...removed], foreign };
}

/** Labels that k2-compose computes override those of the file. */
export function labelsOf({ host, labels, places }: WantedNode): Record<string, string> {
  return { ...labels, ...places, [swarmLabel.host]: host };
}

/** For a node that was in the swarm before, and whose host left the file. */
export function removedLabels({ labels }: ObservedNode, known: KnownNode, context: Context): Change[] {
  return Object.entries(labels).flatMap(([what, from]) =>
    what === swarmLabel.host || isOurs(what, known, context) ? [{ what, from }] : [],
  );
}

/** Whether the label is removed when the file no longer has it. */
function isOurs(key: string, known: KnownNode | undefined, { project, labelsInUse }: Context): boolean {
  if (key.startsWith(placePrefix(project))) return !labelsInUse.has(key);
  return key !== swarmLabel.host && (known?.labels.includes(key) ?? false);
}

function isSetBy(key: string, known: KnownNode | undefined, { project }: Context): boolean {
  if (key === swarmLabel.host) return known !== undefined;
  return key.startsWith(placePrefix(project)) || (known?.labels.includes(key) ?? false);
}

/** Without an availability in the file, a node that the stack does not know yet stays as it is. */
export function availabilityChange(
  wanted: WantedNode,
  node: ObservedNode,
  known: KnownNode | undefined,
): Change[] {
  const to: Availability | undefined = wanted.swarm.availability ?? (known && (known.adopted ?? "active"));
  if (to === undefined || to === node.availability) return [];
  return [{ what: "availability", from: node.availability, to }];
}
