/** Prints the verdicts of consecutive polls of a service. */
import type { ObservedNode, ObservedTask } from "../../../provider/model/swarm/observed.js";
import {
  judge,
  type JudgeInput,
  type JudgeOptions,
} from "../../../provider/model/swarm/convergence/judge.js";
import type { Seen } from "../../../provider/model/swarm/convergence/seen.js";
import { printVerdict } from "../../../provider/model/swarm/convergence/verdict.js";
import { nodes, service, type SpecChange } from "./swarm-observations.js";

interface Poll {
  /** Milliseconds. */
  at: number;
  tasks?: ObservedTask[];
  /** State and message of the update. */
  update?: [state: string, message?: string];
  nodes?: ObservedNode[];
  version?: number;
  fetched?: ObservedTask;
}

export interface Convergence {
  spec?: SpecChange;
  options?: JudgeOptions;
  restarts?: boolean;
  base?: number;
  jobIteration?: number;
  polls: Poll[];
}

const machines = nodes("w1", "w2", "w3");

export const failure = { exitCode: 3, error: "task: non-zero exit (3)" };

export function printPolls({
  spec,
  options,
  restarts = true,
  base,
  jobIteration,
  polls,
}: Convergence): string[] {
  let seen: Seen | undefined;
  return polls.map(({ at, update, tasks: found = [], nodes: list = machines, version, fetched }) => {
    const [state, message = ""] = update ?? [];
    const input: JudgeInput = {
      service: service(spec, {
        ...(state !== undefined && { update: { state, message } }),
        ...(version !== undefined && { version }),
        ...(jobIteration !== undefined && { jobIteration }),
      }),
      ...{ tasks: found, nodes: list, restarts, now: at },
      ...(options && { options }),
      ...(base !== undefined && { base }),
      ...(fetched && { fetched }),
      ...(seen && { seen }),
    };
    const judged = judge(input);
    seen = judged.seen;
    const code = judged.state === "failed" ? `failed ${judged.cause}` : judged.state;
    const fetch = judged.fetch === undefined ? "" : ` (fetch ${judged.fetch})`;
    return `${String(at).padStart(7)} ${code.padEnd(8)} ${printVerdict(judged)}${fetch}`;
  });
}
