/** `down --leave-swarm`: ends the swarm that this stack has formed, if it holds nothing else. */
import { label } from "../../labels.js";
import type { ObservedNode } from "../observed.js";
import { hostOf } from "../nodes.js";
import { swarmLabel } from "../swarm-labels.js";
import type { ClusterOperation, ClusterPlan, Notice, Refusal } from "./operations.js";
import type { KnownCluster } from "./wanted.js";

/** Anything that a swarm stores, without its ingress network. */
export interface StoredObject {
  kind: "service" | "config" | "secret" | "network";
  name: string;
  labels: Record<string, string>;
}

export interface LeaveInput {
  project: string;
  known: KnownCluster;
  nodes: ObservedNode[];
  objects: StoredObject[];
  /** Hosts whose engines answer. */
  answering: ReadonlySet<string>;
}

export function planLeaving(input: LeaveInput): ClusterPlan {
  const { known, nodes } = input;
  if (!known.formed) return { stages: [], refusals: [], notices: [adopted] };
  const refusals = foreignIn(input);
  if (refusals.length > 0) return { stages: [], refusals, notices: [] };
  const own = Object.entries(known.nodes).flatMap(([host, { id }]) => {
    const node = nodes.find((each) => each.id === id);
    return node === undefined ? [] : [{ host, node }];
  });
  const [away, here] = [false, true].map((answers) =>
    own.filter(({ host }) => input.answering.has(host) === answers),
  );
  return { stages: leavingStages(here ?? []), refusals: [], notices: (away ?? []).map(leftBehind) };
}

interface Own {
  host: string;
  node: ObservedNode;
}

/** Workers first, then managers one after another, of which the last one takes the swarm with it. */
function leavingStages(own: Own[]): ClusterOperation[][] {
  const cause = "the swarm ends";
  const workers = own.filter(({ node }) => node.role === "worker");
  const managers = own.filter(({ node }) => node.role === "manager");
  const ordered = managers.toSorted(
    (a, b) => Number(a.node.leader ?? false) - Number(b.node.leader ?? false),
  );
  const last = ordered.at(-1);
  const leave = ({ host }: Own): ClusterOperation => ({ op: "leave", host, cause });
  return [
    workers.map(leave),
    ...ordered
      .slice(0, -1)
      .flatMap((manager): ClusterOperation[][] => [
        [{ op: "role", host: manager.host, node: manager.node.id, to: "worker", cause }],
        [leave(manager)],
      ]),
    last === undefined ? [] : [leave(last)],
  ].filter((stage) => stage.length > 0);
}

function foreignIn({ project, known, nodes, objects }: LeaveInput): Refusal[] {
  const own = new Set(Object.values(known.nodes).map(({ id }) => id));
  const hosts = new Set(Object.keys(known.nodes));
  const foreignNodes = nodes
    .filter((node) => !own.has(node.id) && !hosts.has(node.labels[swarmLabel.host] ?? ""))
    .map((node) => `node ${hostOf(node)}`);
  const foreignObjects = objects
    .filter(({ labels }) => ![labels[swarmLabel.namespace], labels[label.project]].includes(project))
    .map(({ kind, name }) => `${kind} ${name}`);
  const found = [...foreignNodes, ...foreignObjects];
  return found.length === 0
    ? []
    : [
        {
          ...{ code: "in-use", error: "conflict" },
          what: `the swarm has more than this project: ${found.join(", ")}`,
          hint: "Remove them first, or keep the swarm: `k2-compose down` without --leave-swarm.",
        },
      ];
}

const adopted: Notice = {
  code: "adopted",
  what: "this stack has not formed the swarm, so its nodes stay in it",
};

function leftBehind({ host }: Own): Notice {
  return {
    code: "away",
    what: `${host} does not answer, and stays in a swarm that has ended: run \`docker swarm leave --force\` on it`,
  };
}
