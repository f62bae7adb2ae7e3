/** Ownership: a container, network or volume carries the stack that created it. */
import { K2Error } from "../shared/errors.js";
import type { HostRef, Run } from "./kinds.js";
import { label } from "./labels.js";
import type { EngineInfo } from "./observed.js";
import { type Reason, reasonThat } from "./reasons.js";
import type { StackState } from "./stack-state.js";

export type Claimant = Pick<Run, "stack" | "stackIds" | "workingDir" | "takeOver">;

type Labels = Record<string, string>;

/** This stack may change its own objects and those without a stack (of docker compose, or created by hand). */
export function mayChange(labels: Labels, run: Claimant): boolean {
  const owner = labels[label.stack];
  if (owner === undefined || run.takeOver === true) return true;
  return owner === run.stack && !isNamesakes(labels, run);
}

/**
 * Two operators may give their stacks one name: docs/decisions/stack-id.md. The id decides. Where the object or the
 * state has none, the folder decides, which only containers carry.
 */
function isNamesakes(labels: Labels, { stackIds = [], workingDir }: Claimant): boolean {
  const id = labels[label.stackId];
  if (id !== undefined && stackIds.length > 0) return !stackIds.includes(id);
  const folder = labels[label.workingDir];
  return folder !== undefined && workingDir !== undefined && folder !== workingDir;
}

/** `own` is undefined if no stack is selected. */
export function isForeign(labels: Labels, own: Claimant | undefined): boolean {
  return own === undefined ? labels[label.stack] !== undefined : !mayChange(labels, own);
}

/** For an object that the state names: its id and folder may be those of a lost state. */
export function byName(run: Run): Run {
  return { ...run, stackIds: [], workingDir: undefined };
}

/**
 * The handlers know the id of the run, the CLI those of the state. An existing object keeps its own, if it is one of them:
 * hosts may have been added after the state was lost.
 */
export function stackOwner(
  { stack, stackId, stackIds = [] }: Run,
  existing: Labels = {},
): { stack: string; stackId?: string } {
  const own = existing[label.stackId];
  const isKnown = stackIds.includes(own ?? "") || (stackIds.length === 0 && stackId === undefined);
  const id = own !== undefined && isKnown ? own : (stackId ?? stackIds[0]);
  return { stack, ...(id !== undefined && { stackId: id }) };
}

export function ownerLabels(run: Run, existing?: Labels): Labels {
  const { stack, stackId } = stackOwner(run, existing);
  return { [label.stack]: stack, ...(stackId !== undefined && { [label.stackId]: stackId }) };
}

/** The ids of a stack: each host may have been added by another version, or after the state was lost. */
export function stackIdsOf(state: StackState | undefined): string[] {
  return [...new Set(state?.hosts.flatMap(({ outputs }) => outputs.stackId ?? []))];
}

interface Labelled extends Record<"containers" | "networks" | "volumes", { labels: Labels }[]> {
  engine?: Pick<EngineInfo, "swarm">;
}

/**
 * The id that this stack has on a host whose state does not know it: all hosts were renamed, or the state was lost, or `down`
 * has left networks and volumes. These have no folder, so they count only where no container from another folder has their id.
 */
export function stackIdOn(
  { containers, networks, volumes, engine }: Labelled,
  { stack, workingDir }: Run,
): string | undefined {
  const idIn = ({ labels }: { labels: Labels }) =>
    labels[label.stack] === stack ? labels[label.stackId] : undefined;
  const isHere = ({ labels }: { labels: Labels }) => labels[label.workingDir] === workingDir;
  const elsewhere = new Set(containers.filter((container) => !isHere(container)).map(idIn));
  const swarm = { labels: engine?.swarm?.clusterLabels ?? {} };
  const ids = [...containers.filter(isHere), ...volumes, ...networks, swarm].map(idIn);
  return ids.find((id) => id !== undefined && !elsewhere.has(id));
}

export interface Named {
  name: string;
  labels: Labels;
}

/** Returns a sentence for each existing object under a resource's name that makes `up` fail. */
export function refusedTakeOvers(existing: Named[], run: Claimant): Reason[] {
  const foreign = existing.filter(({ labels }) => !mayChange(labels, run));
  return foreign.map(({ name, labels }) =>
    reasonThat("foreign", name, `belongs to ${ownerOf(labels, run)}: refused without --take-over`),
  );
}

/** Throws a K2Error where it belongs to another stack. `what`: "container shop-web-1". */
export function assertOwnership(what: string, labels: Labels, host: HostRef, run: Run): void {
  if (mayChange(labels, run)) return;
  throw new K2Error("conflict", `${what} belongs to ${ownerOf(labels, run)}, not to ${run.stack}`, {
    at: host.name,
    hint: takeOverHint,
  });
}

export const takeOverHint =
  "Give this project another name, or take it over: k2-compose up --take-over, or pulumi config set k2-compose:takeOver true.";

function ownerOf(labels: Labels, { stack }: Claimant): string {
  const owner = labels[label.stack] ?? "";
  if (owner !== stack) return `the stack ${owner}`;
  const folder = labels[label.workingDir];
  return `another stack with the name ${owner}${folder === undefined ? "" : `, deployed from ${folder}`}`;
}
