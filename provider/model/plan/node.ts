/** One resource of a plan, of whatever kind. */
import type { Contents } from "../../compose/source/file-contents.js";
import { idOf, type Kind, type PlannedBuild, resourceKinds, type Run, type Shapes } from "../kinds.js";
import type { Placement } from "../placement/placement.js";

/** An output of another resource, not known before that one is there. */
export class Ref {
  constructor(
    readonly node: string,
    readonly output: string,
  ) {}
}

/** Any value of T may be a Ref instead. */
export type WithRefs<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T | Ref
    : { [K in keyof T]: WithRefs<T[K]> } | Ref;

/** What the program computes of a context: without what is the same for all resources of a run. */
type Planned<K extends Kind> = WithComputed<Omit<Shapes[K]["context"], "run" | "urn">, Shapes[K]["computed"]>;

type WithComputed<C, Computed> = { [P in keyof C]: P extends Computed ? WithRefs<C[P]> : C[P] };

export interface NodeOf<K extends Kind> {
  /** "service web@b" */
  id: string;
  kind: K;
  /** Name of the Pulumi resource. */
  name: string;
  inputs: Shapes[K]["inputs"];
  context: Planned<K>;
  /** Ids of nodes. */
  dependsOn: string[];
  /** Those too, but it goes on where they fail: `depends_on` with `required: false`. */
  optional?: string[];
}

export type PlanNode = { [K in Kind]: NodeOf<K> }[Kind];

/** A node of a plan. Of a resource that stays as it is, inputs and context may be empty. */
export interface Registration extends Pick<PlanNode, "id" | "kind" | "name" | "dependsOn" | "optional"> {
  inputs: object;
  context: object;
}

export interface Plan {
  project: string;
  /** In the order of work. */
  nodes: PlanNode[];
}

export interface PlanOptions {
  placement: Placement;
  /** Where services were, as far as that is known: what has left the file goes by itself, and is nobody's orphan. */
  before?: Placement;
  contents: Contents;
  /** By service. */
  builds?: Record<string, PlannedBuild>;
  /** What travels to other machines, by service: hashes by path relative to the project's folder. */
  synced?: Record<string, Record<string, string>>;
  /** Where hosts really are whose addresses are docker contexts. */
  addresses?: Record<string, string>;
  /** Of what is pulled and run where its service names none. */
  platform?: string;
  /** Tag and push every image under its name with this behind it, once all that runs it is well. */
  saveSuffix?: string;
}

export function node<K extends Kind>(
  kind: K,
  name: string,
  inputs: Shapes[K]["inputs"],
  context: Planned<K>,
  dependsOn: string[] = [],
): NodeOf<K> {
  return { id: idOf(resourceKinds[kind], name), kind, name, inputs, context, dependsOn };
}

export function isKind<K extends Kind>(kind: K) {
  return (item: PlanNode): item is Extract<PlanNode, { kind: K }> => item.kind === kind;
}

/** What a resource gets once the values of Refs are there, or what stands for them. */
export function contextOf<K extends Kind>(
  { context }: Pick<NodeOf<K>, "context">,
  run: Run,
  valueOf: (ref: Ref) => unknown,
): Shapes[K]["context"] {
  const fill = (value: unknown): unknown => {
    if (value instanceof Ref) return valueOf(value);
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)]));
  };
  return { ...(fill(context) as Omit<Shapes[K]["context"], "run">), run };
}
