/** Plans how hosts become the nodes of one swarm, in which order, and what is refused. */
import { type ObservedNode } from "../observed.js";
import { isDown } from "../nodes.js";
import { swarmLabel } from "../swarm-labels.js";
import { availabilityChange, labelChanges, removedLabels } from "./node-changes.js";
import type { Change, ClusterOperation, ClusterPlan, Notice, Refusal } from "./operations.js";
import { evenManagers, type Manager, withoutManagers } from "./quorum.js";
import { ofOtherStack, otherOwner, planSettings, settingsOfNew, settingsOperation } from "./settings.js";
import { type Standing, standingOf } from "./standing.js";
import type { ClusterInput, KnownNode, ObservedSwarm } from "./wanted.js";
import type { WantedNode } from "../../swarm-data.js";

export function planCluster(input: ClusterInput): ClusterPlan {
  return input.swarm === undefined ? planWithoutSwarm(input) : planInSwarm(input, input.swarm);
}

interface Placed {
  wanted: WantedNode;
  standing: Standing;
}

function placedIn(input: ClusterInput, nodes: ObservedNode[]): Placed[] {
  return input.nodes.map((wanted) => ({ wanted, standing: standingOf(wanted.host, input, nodes) }));
}

/** No manager answers for a swarm: it is formed, unless there may be one already. */
function planWithoutSwarm(input: ClusterInput): ClusterPlan {
  const placed = placedIn(input, []);
  const refusals = refusalsOf(placed);
  const locked = placed.filter(({ standing }) => standing.is === "locked");
  const plan = { stages: [], refusals, notices: [] };
  if (refusals.length > 0) return plan;
  if (locked.length > 0) return { ...plan, stages: [unlocks(locked)], incomplete: true };
  const [first] = placed.filter(({ wanted }) => wanted.swarm.role === "manager");
  if (first === undefined) return { ...plan, refusals: [noManager] };
  const silent = silentHost(input, placed, first);
  if (silent !== undefined) return { ...plan, refusals: [silentManager(silent, input)] };
  return planNew(input, placed, first);
}

/** A host that may hold the known swarm, or that has to form a new one. */
function silentHost(
  { nodes, known, members }: ClusterInput,
  placed: Placed[],
  first: Placed,
): string | undefined {
  const inFile = new Set(nodes.map(({ host }) => host));
  const former = Object.keys(known?.nodes ?? {}).filter((host) => !inFile.has(host));
  const managers = known === undefined ? [first] : placed.filter(isManager);
  return [...managers.map(({ wanted }) => wanted.host), ...former].find(
    (host) => members[host] === undefined,
  );
}

function planNew(input: ClusterInput, placed: Placed[], first: Placed): ClusterPlan {
  const { host, swarm } = first.wanted;
  const settings = settingsOfNew(input.settings, input.owner);
  const joining = placed.filter((each) => each !== first && each.standing.is === "outside");
  const patches = [first, ...joining].map(({ wanted }) =>
    patchOf(wanted, undefined, labelsFor(wanted, input)),
  );
  const managers = [first, ...joining].filter(isManager).map(({ wanted }) => reachable(wanted.host));
  return {
    stages: filled([
      ...leavesBefore([first, ...joining]),
      [{ op: "init", host, swarm, settings }],
      ...joins(joining.filter(isManager), "one at a time"),
      ...joins(
        joining.filter((each) => !isManager(each)),
        "together",
      ),
      patches.flat(),
    ]),
    refusals: [],
    notices: [...lostSwarm(input), ...awayNotices(placed), ...evenManagers(managers)],
  };
}

function planInSwarm(input: ClusterInput, swarm: ObservedSwarm): ClusterPlan {
  const { cluster, nodes } = swarm;
  if (input.known !== undefined && input.known.id !== cluster.id)
    return { stages: [], refusals: [movedSwarm(input.known.id, cluster.id)], notices: [] };
  const placed = placedIn(input, nodes);
  const joining = placed.filter(({ standing }) => standing.is === "outside");
  const members = placed.flatMap(({ wanted, standing }) =>
    "node" in standing && standing.node !== undefined ? [{ wanted, node: standing.node }] : [],
  );
  const other = otherOwner(cluster, input.owner);
  const roles = members.filter(({ wanted, node }) => wanted.swarm.role !== node.role);
  const promoted = roles.filter(({ wanted }) => wanted.swarm.role === "manager");
  const demoted = roles.filter(({ wanted }) => wanted.swarm.role === "worker");
  const settings = planSettings(cluster, input.settings, input.owner);
  const removals = removalsOf(input, nodes, placed);
  const quorum = withoutManagers(
    [
      ...nodes.filter(({ role }) => role === "manager").map((node) => managerOf(node, members)),
      ...[...joining.filter(isManager), ...promoted].map(({ wanted }) => reachable(wanted.host)),
    ],
    [...demoted.map(({ node }) => node.id), ...removals.managers],
  );
  const patches = [
    ...members.map(({ wanted, node }) => changesOf(input, other, wanted, node)),
    ...joining.map(({ wanted }) => ({
      operations: patchOf(wanted, undefined, labelsFor(wanted, input)),
      refusals: [],
    })),
  ];
  const adopts = input.known === undefined ? [adoptOf(input, swarm, members)] : [];
  const changeRole = ({ wanted, node }: Member): ClusterOperation[] => [
    { op: "role", host: wanted.host, node: node.id, to: wanted.swarm.role, cause: "as in the file" },
  ];
  return {
    stages: filled([
      adopts,
      unlocks(placed),
      ...leavesBefore(joining),
      ...removals.entries,
      ...joins(joining.filter(isManager), "one at a time"),
      ...(other === undefined ? promoted.map(changeRole) : []),
      ...joins(
        joining.filter((each) => !isManager(each)),
        "together",
      ),
      patches.flatMap(({ operations }) => operations),
      settingsOperation(settings),
      ...(other === undefined ? demoted.map(changeRole) : []),
      ...removals.former,
    ]),
    refusals: [
      ...refusalsOf(placed),
      ...(other === undefined ? [] : roles.map(({ wanted }) => ofOtherStack(other, "role", wanted.host))),
      ...patches.flatMap(({ refusals }) => refusals),
      ...settings.refusals,
      ...quorum.refusals,
      ...removals.refusals,
    ],
    notices: [...awayNotices(placed), ...settings.notices, ...evenManagers(quorum.left)],
  };
}

interface Member {
  wanted: WantedNode;
  node: ObservedNode;
}

function adoptOf(
  input: ClusterInput,
  { cluster, nodes }: ObservedSwarm,
  members: Member[],
): ClusterOperation {
  const host = members.find(({ node }) => node.role === "manager")?.wanted.host ?? input.nodes[0]?.host ?? "";
  return { op: "adopt", host, cluster: cluster.id, nodes: nodes.length };
}

function changesOf(
  input: ClusterInput,
  other: string | undefined,
  wanted: WantedNode,
  node: ObservedNode,
): { operations: ClusterOperation[]; refusals: Refusal[] } {
  const known = knownNode(input, wanted.host, node);
  const labels = labelChanges(wanted, node, known, input);
  const availability = availabilityChange(wanted, node, known);
  const differing =
    other === undefined ? [] : [...labels.foreign, ...(wanted.swarm.availability ? availability : [])];
  if (other !== undefined && differing.length > 0) {
    const what = differing.map((change) => change.what).join(", ");
    return { operations: [], refusals: [ofOtherStack(other, what, wanted.host)] };
  }
  const changes = [...(other === undefined ? availability : []), ...labels.changes];
  return { operations: patchOf(wanted, node, changes), refusals: [] };
}

/** The state knows a node by its id: one that has left and joined again is a new one, without labels. */
function knownNode({ known }: ClusterInput, host: string, node: ObservedNode): KnownNode | undefined {
  const entry = known?.nodes[host];
  return entry?.id === node.id ? entry : undefined;
}

function patchOf(
  { host }: WantedNode,
  node: ObservedNode | undefined,
  changes: Change[],
): ClusterOperation[] {
  return changes.length === 0 ? [] : [{ op: "patch", host, ...(node && { node: node.id }), changes }];
}

function labelsFor(wanted: WantedNode, input: ClusterInput): Change[] {
  return labelChanges(wanted, undefined, undefined, input).changes;
}

interface Removals {
  /** Entries of nodes that joined again under another id: before the joins. */
  entries: ClusterOperation[][];
  /** Nodes whose hosts left the file: after all others. */
  former: ClusterOperation[][];
  /** Ids of the managers among them. */
  managers: string[];
  refusals: Refusal[];
}

function removalsOf(input: ClusterInput, nodes: ObservedNode[], placed: Placed[]): Removals {
  const current = new Set(
    placed.flatMap(({ standing }) => ("node" in standing ? (standing.node?.id ?? []) : [])),
  );
  const doubles = placed.filter(isKnownElsewhere).flatMap(({ wanted: { host } }) =>
    nodes
      .filter((node) => !current.has(node.id))
      .filter((node) => node.labels[swarmLabel.host] === host || input.known?.nodes[host]?.id === node.id)
      .map((node) => ({ host, node })),
  );
  const isGone = ({ host, node }: (typeof doubles)[number]) =>
    isDown(node) || input.known?.nodes[host]?.id === node.id;
  const stale = doubles.filter(isGone);
  const former = formerNodes(input, nodes, current);
  return {
    entries: removalStages(stale.map((each) => ({ ...each, cause: `${each.host} has another node now` }))),
    former: formerStages(input, former),
    managers: [...stale, ...former.filter(({ known }) => known.joined)]
      .filter(({ node }) => node.role === "manager")
      .map(({ node }) => node.id),
    refusals: doubles.filter((each) => !isGone(each)).map(nameInUse),
  };
}

/** The engine itself reports that it has no node in the swarm, or another one than the entry. */
function isKnownElsewhere({ standing }: Placed): boolean {
  return standing.is === "outside" || (standing.is === "member" && !standing.away);
}

/** A manager's entry can only be removed once it is no manager. */
function removalStages(removed: { host: string; node: ObservedNode; cause: string }[]): ClusterOperation[][] {
  const managers = removed.filter(({ node }) => node.role === "manager");
  return [
    ...managers.map(({ host, node, cause }): ClusterOperation[] => [
      { op: "role", host, node: node.id, to: "worker", cause },
    ]),
    removed.map(({ host, node, cause }) => ({ op: "remove", host, node: node.id, cause })),
  ];
}

interface Former {
  host: string;
  node: ObservedNode;
  known: KnownNode;
}

function formerNodes(input: ClusterInput, nodes: ObservedNode[], current: ReadonlySet<string>): Former[] {
  const wanted = new Set(input.nodes.map(({ host }) => host));
  return Object.entries(input.known?.nodes ?? {}).flatMap(([host, known]) => {
    const node = nodes.find(({ id }) => id === known.id && !current.has(id));
    return node === undefined || wanted.has(host) ? [] : [{ host, node, known }];
  });
}

/** Nodes that were in the swarm before only lose our labels. */
function formerStages(input: ClusterInput, former: Former[]): ClusterOperation[][] {
  const cause = "left the file";
  const leaving = former.filter(({ known }) => known.joined);
  const answering = leaving.filter(({ host, node }) => input.members[host]?.nodeId === node.id);
  const staying = former.filter(({ known }) => !known.joined);
  const [demotions, removal] = splitLast(removalStages(leaving.map((each) => ({ ...each, cause }))));
  return [
    staying.flatMap(({ host, node, known }): ClusterOperation[] => {
      const changes = removedLabels(node, known, input);
      return changes.length === 0 ? [] : [{ op: "patch", host, node: node.id, changes }];
    }),
    leaving
      .filter(({ node }) => node.availability !== "drain")
      .map(({ host, node }) => ({
        ...{ op: "patch", host, node: node.id },
        changes: [{ what: "availability", from: node.availability, to: "drain" }],
      })),
    ...demotions,
    answering.map(({ host }) => ({ op: "leave", host, cause })),
    removal,
  ];
}

function splitLast<T>(stages: T[][]): [T[][], T[]] {
  return [stages.slice(0, -1), stages.at(-1) ?? []];
}

function managerOf(node: ObservedNode, members: Member[]): Manager {
  const host =
    members.find((member) => member.node.id === node.id)?.wanted.host ?? node.labels[swarmLabel.host];
  return { key: node.id, host: host ?? node.id, reachable: node.reachability === "reachable" };
}

function reachable(host: string): Manager {
  return { key: host, host, reachable: true };
}

function isManager({ wanted }: { wanted: WantedNode }): boolean {
  return wanted.swarm.role === "manager";
}

/** Managers that join at the same time may end half joined. */
function joins(placed: Placed[], how: "one at a time" | "together"): ClusterOperation[][] {
  const operations = placed.map(({ wanted: { host, swarm } }): ClusterOperation => ({
    op: "join",
    host,
    swarm,
  }));
  return how === "together" ? [operations] : operations.map((operation) => [operation]);
}

function leavesBefore(placed: Placed[]): ClusterOperation[][] {
  const pending = placed.filter(({ standing }) => standing.is === "outside" && standing.pending);
  return [
    pending.map(({ wanted: { host } }) => ({
      ...{ op: "leave", host },
      cause: "an earlier attempt to join has not ended",
    })),
  ];
}

function unlocks(placed: Placed[]): ClusterOperation[] {
  return placed
    .filter(({ standing }) => standing.is === "locked")
    .map(({ wanted }) => ({ op: "unlock", host: wanted.host }));
}

function refusalsOf(placed: Placed[]): Refusal[] {
  return placed.flatMap(({ standing }) => (standing.is === "refused" ? [standing.refusal] : []));
}

function awayNotices(placed: Placed[]): Notice[] {
  return placed
    .filter(({ standing }) => standing.is === "away")
    .map(({ wanted }) => ({ code: "away", what: `${wanted.host} does not answer, and joins when it does` }));
}

function lostSwarm({ known }: ClusterInput): Notice[] {
  const what = `swarm ${known?.id ?? ""} does not exist any more: no host is in it`;
  return known === undefined ? [] : [{ code: "lost", what }];
}

function filled(stages: ClusterOperation[][]): ClusterOperation[][] {
  return stages.filter((stage) => stage.length > 0);
}

const noManager: Refusal = {
  ...{ code: "no-manager", error: "invalid-file" },
  what: "no host of the file is a manager of the swarm",
  hint: "Set `swarm: manager` on one host, or on three.",
};

function silentManager(host: string, { known }: ClusterInput): Refusal {
  return {
    ...{ code: "unreachable", error: "unreachable", host },
    what:
      known === undefined
        ? "does not answer, and forms the swarm"
        : "does not answer, and no manager of the swarm does",
    hint: "Run the command again when it answers.",
  };
}

function movedSwarm(known: string, found: string): Refusal {
  return {
    ...{ code: "other-swarm", error: "conflict" },
    what: `the hosts are in swarm ${found}, and the state knows swarm ${known}`,
    hint: "Run `docker swarm leave --force` on the hosts, or remove the swarm from the state with `k2-compose down`.",
  };
}

function nameInUse({ host, node }: { host: string; node: ObservedNode }): Refusal {
  return {
    ...{ code: "name-in-use", error: "conflict", host },
    what: `node ${node.id} (${node.hostname}) of the swarm has this host name in its label ${swarmLabel.host}`,
    hint: "Rename the host in the file, or remove the label from the node.",
  };
}
