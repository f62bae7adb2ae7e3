/** The operations that form and change a swarm, in order, and their text. */
import type { NodeSwarm } from "../../../compose/types.js";
import type { ErrorCode } from "../../../shared/errors.js";
import type { Role, Rotation } from "./wanted.js";

/** A value of a node or of the swarm that changes. Absent: not set. */
export interface Change {
  what: string;
  from?: string;
  to?: string;
}

export type ClusterOperation =
  | { op: "init"; host: string; swarm: NodeSwarm; settings: Change[] }
  | { op: "adopt"; host: string; cluster: string; nodes: number }
  | { op: "unlock"; host: string }
  | { op: "join"; host: string; swarm: NodeSwarm }
  | { op: "leave"; host: string; cause: string }
  /** `node`: absent for a node that the plan creates. */
  | { op: "role"; host: string; node: string; to: Role; cause: string }
  | { op: "patch"; host: string; node?: string; changes: Change[] }
  /** One call, so that a counter is recorded together with its rotation. */
  | { op: "settings"; changes: Change[]; rotate: Rotation[] }
  /** The entry in the list of nodes. */
  | { op: "remove"; host: string; node: string; cause: string };

export type RefusalCode =
  | "unreachable"
  | "no-manager"
  | "no-leader"
  | "locked"
  | "engine-error"
  | "live-restore"
  | "other-swarm"
  | "other-stack"
  | "name-in-use"
  | "fixed"
  | "quorum"
  | "in-use";

export interface Refusal {
  code: RefusalCode;
  error: ErrorCode;
  /** Absent: the refusal is about the whole swarm. */
  host?: string;
  what: string;
  hint: string;
}

export interface Notice {
  code: "even-managers" | "away" | "lost" | "adopted" | "no-autolock";
  what: string;
}

export interface ClusterPlan {
  /** Run one after another; the operations of one stage run together. */
  stages: ClusterOperation[][];
  refusals: Refusal[];
  notices: Notice[];
  /** After the operations, the swarm has to be observed and planned once more: locked managers show nothing of it. */
  incomplete?: true;
}

/** One line for each operation, refusal and notice. The number is that of the stage. */
export function printClusterPlan({ stages, refusals, notices, incomplete }: ClusterPlan): string[] {
  return [
    ...stages.flatMap((stage, at) =>
      stage.map((operation) => `${at + 1} ${printClusterOperation(operation)}`),
    ),
    ...(incomplete ? ["then plan once more"] : []),
    ...refusals.flatMap((refusal) => [`refused: ${printRefusal(refusal)}`, `  ${refusal.hint}`]),
    ...notices.map(({ what }) => `note: ${what}`),
  ];
}

export function printRefusal({ host, what }: Refusal): string {
  return host === undefined ? what : `${host}: ${what}`;
}

export function printClusterOperation(operation: ClusterOperation): string {
  const subject = "host" in operation ? operation.host : "swarm";
  return `${operation.op.padEnd(8)} ${subject.padEnd(6)} ${detail(operation)}`.trimEnd();
}

function detail(operation: ClusterOperation): string {
  switch (operation.op) {
    case "init":
      return [...addresses(operation.swarm), ...operation.settings.map(printChange)].join("; ");
    case "adopt":
      return `swarm ${operation.cluster} of ${operation.nodes} ${operation.nodes === 1 ? "node" : "nodes"}`;
    case "unlock":
      return "with the key in the state";
    case "join":
      return [`as ${operation.swarm.role}`, ...addresses(operation.swarm)].join("; ");
    case "leave":
      return operation.cause;
    case "role":
      return `to ${operation.to}: ${operation.cause}`;
    case "patch":
      return operation.changes.map(printChange).join("; ");
    case "settings":
      return [
        ...operation.changes.map(printChange),
        ...operation.rotate.map((what) => `rotates ${rotated[what]}`),
      ].join("; ");
    case "remove":
      return `node ${operation.node}: ${operation.cause}`;
  }
}

const rotated: Record<Rotation, string> = {
  worker_token: "the workers' join token (the previous one stops working)",
  manager_token: "the managers' join token (the previous one stops working)",
  unlock_key: "the unlock key",
  ca: "the certificate authority (all nodes get new certificates, and both join tokens change)",
};

function addresses({ availability = "active", advertise, data_path }: NodeSwarm): string[] {
  return [
    ...(availability === "active" ? [] : [availability]),
    ...(advertise === undefined ? [] : [`advertise ${advertise}`]),
    ...(data_path === undefined ? [] : [`data path ${data_path}`]),
  ];
}

export function printChange({ what, from, to }: Change): string {
  if (from === undefined) return `${what}: ${to ?? ""}`;
  return to === undefined ? `${what}: ${from} is removed` : `${what}: ${from} -> ${to}`;
}
