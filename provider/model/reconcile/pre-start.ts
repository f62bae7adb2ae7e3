/** `pre_start`: containers that must complete before the service's own containers start. */
import type { Service } from "../../compose/types.js";
import type { DesiredService, PreStart } from "./desired-service.js";
import { type Operation, type Operations, type Swap } from "./operations.js";

export function preStartOf({ pre_start = [] }: Pick<Service, "pre_start">): PreStart {
  const indexes = [...pre_start.keys()];
  const isPerReplica = (index: number) => pre_start[index]?.per_replica === true;
  return {
    perService: indexes.filter((index) => !isPerReplica(index)),
    perReplica: indexes.filter(isPerReplica),
  };
}

/** Adds the hooks before the starts. As in docker compose, a replica that is added to running ones does not run them again. */
export function addPreStart({ preStart, replicas }: DesiredService, result: Operations): void {
  const { perService, perReplica } = preStart;
  const starting = result.stages.flat().filter(startOf).length;
  const first = starting > 0 && starting === replicas ? perService : [];
  if (first.length > 0) result.stages = withFirstAlone(result.stages);
  let pending = first;
  for (const swap of result.stages.flat()) {
    const start = startOf(swap);
    if (!start) continue;
    const hooks = [...pending, ...perReplica].sort((a, b) => a - b);
    pending = [];
    if (hooks.length > 0) insertBefore(swap, start, hooks);
  }
}

type Start = Extract<Operation, { op: "start" }>;

function startOf({ steps }: Swap): Start | undefined {
  return steps.find((step) => step.op === "start");
}

/** Swaps of one stage run in parallel: the others must wait for the hooks. */
function withFirstAlone(stages: Swap[][]): Swap[][] {
  const at = stages.findIndex((stage) => stage.some(startOf));
  const stage = stages[at] ?? [];
  const chosen = stage.find(startOf);
  if (!chosen || stage.length === 1) return stages;
  const others = stage.filter((swap) => swap !== chosen);
  return [...stages.slice(0, at), [chosen], others, ...stages.slice(at + 1)];
}

function insertBefore(swap: Swap, start: Start, hooks: number[]): void {
  const at = swap.steps.indexOf(start);
  const step: Operation = { op: "pre_start", container: start.container, hooks, cause: start.cause };
  swap.steps = [...swap.steps.slice(0, at), step, ...swap.steps.slice(at)];
  if (at < swap.undoable) swap.undoable++;
}
