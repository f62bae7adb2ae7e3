/** The changes of what is on a swarm, as others see them: what computes them is loaded only for files with a swarm. */
import type { Shapes } from "../../kinds.js";
import type { Reason } from "../../reasons.js";

export type OnSwarm = "swarm" | "swarmNode" | "swarmConfig" | "swarmSecret" | "swarmService";

export interface SwarmResource<K extends OnSwarm> {
  inputs: Shapes[K]["inputs"];
  context: Shapes[K]["context"];
  outputs: Partial<Shapes[K]["outputs"]>;
}

export interface SwarmPrediction {
  reasons: Reason[];
  /** The object exists, and is taken into state. */
  isThere?: boolean;
  /** Outputs that are known before the run, for resources that read them. */
  foreseen?: object;
}

export interface SwarmChanges {
  /** Why a resource with unchanged inputs needs work. */
  drift<K extends OnSwarm>(kind: K, resource: SwarmResource<K>): Reason[];
  /** `last`: the inputs in state, if there are any. */
  predict<K extends OnSwarm>(
    kind: K,
    resource: SwarmResource<K>,
    last: Shapes[K]["inputs"] | undefined,
  ): SwarmPrediction;
}
