/** One resource of a plan, of whatever kind. */
import type { Contents } from "../../compose/source/file-contents.js";
import type {
  HostInputs,
  HostContext,
  NetworkInputs,
  NetworkContext,
  VolumeInputs,
  Context,
  ImageInputs,
  HostImageInputs,
  ImageContext,
  HostImageContext,
  ServiceInputs,
  ServiceContext,
  HealthCheckInputs,
  HealthCheckContext,
  ImageTagInputs,
  ImageTagContext,
  PlannedBuild,
} from "../kinds.js";
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

export interface Shapes {
  host: { inputs: HostInputs; context: HostContext };
  network: { inputs: NetworkInputs; context: NetworkContext };
  volume: { inputs: VolumeInputs; context: Context };
  image: { inputs: ImageInputs | HostImageInputs; context: ImageContext | HostImageContext };
  service: { inputs: ServiceInputs; context: ServiceContext };
  healthCheck: { inputs: HealthCheckInputs; context: HealthCheckContext };
  imageTag: { inputs: ImageTagInputs; context: ImageTagContext };
}

export type Kind = keyof Shapes;

export interface PlanNode<K extends Kind = Kind> {
  /** `${kind} ${name}`: "service web@b". */
  id: string;
  kind: K;
  /** Name of the Pulumi resource. */
  name: string;
  inputs: Shapes[K]["inputs"];
  /** Without `run`, which is the same for all. */
  context: WithRefs<Omit<Shapes[K]["context"], "run" | "urn">>;
  /** Ids of nodes. */
  dependsOn: string[];
  /** Those too, but it goes on where they fail: `depends_on` with `required: false`. */
  optional?: string[];
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
  inputs: PlanNode<K>["inputs"],
  context: PlanNode<K>["context"],
  dependsOn: string[] = [],
): PlanNode<K> {
  return { id: `${kind} ${name}`, kind, name, inputs, context, dependsOn };
}
