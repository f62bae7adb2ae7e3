/** One resource of a plan, of any kind. */
import type { Contents } from "../../compose/source/file-contents.js";
import { idOf, type Kind, type PlannedBuild, resourceKinds, type Run, type Shapes } from "../kinds.js";
import type { Placement } from "../placement/placement.js";
import type { SecretRule } from "../secret-names.js";

/** An output of another resource, unknown until that resource exists. */
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

/** The part of a context that the program computes, without the fields that are equal for all resources of a run. */
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
  /** Dependencies whose failure is ignored: `depends_on` with `required: false`. */
  optional?: string[];
  /** Paths of the inputs that are secret: "environment.DB_PASSWORD". */
  secret?: string[];
}

export type PlanNode = { [K in Kind]: NodeOf<K> }[Kind];

/** A node of a plan. Inputs and context may be empty for a resource that is unchanged. */
export interface Registration extends Pick<
  PlanNode,
  "id" | "kind" | "name" | "dependsOn" | "optional" | "secret"
> {
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
  /** Earlier places of services, as far as known: a service that left the file is removed, and is not an orphan. */
  before?: Placement;
  contents: Contents;
  /** By service. */
  builds?: Record<string, PlannedBuild>;
  /** Uploaded files, by service: hashes by path relative to the project's folder. */
  synced?: Record<string, Record<string, string>>;
  /** Resolved addresses of hosts whose address is a docker context. */
  addresses?: Record<string, string>;
  /** The platform of images and containers, if the service names none. */
  platform?: string;
  /** Which inputs are encrypted in state. */
  secrets?: SecretRule;
  /** Suffix of an additional tag, under which every image is pushed after all services that run it are healthy. */
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

/** The Refs in a value, at any depth. */
export function refsIn(value: unknown): Ref[] {
  if (value instanceof Ref) return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(refsIn) : [];
}

/** The context of a resource, with values or their placeholders in place of Refs. */
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
