/** Runs that changed services, and which of them `rollback` means. */
import { K2Error } from "../../provider/shared/errors.js";
import { changedServices, type ServiceChange } from "../../provider/model/history/service-changes.js";
import { readState, type StackState } from "../../provider/model/stack-state.js";
import type { Stack } from "../pulumi/stack.js";
import { keeperOf, pastRuns } from "./past-runs.js";
import type { PastRun } from "./past-run.js";

export interface Deployment {
  run: PastRun;
  state: StackState;
  /** Over the deployment before. */
  changes: ServiceChange[];
}

/** So many runs are looked into. */
const most = 60;

/** Oldest first; of a long history the newest ones. Mending what was changed by hand is no deployment. */
export async function deployments(stack: Stack, env: NodeJS.ProcessEnv): Promise<Deployment[]> {
  const runs = (await pastRuns(stack, env)).slice(-most);
  const states = await Promise.all(runs.map(async (run) => readState(await run.document())));
  const found: Deployment[] = [];
  for (const [at, run] of runs.entries()) {
    const state = states[at]!;
    const changes = changedServices(found.at(-1)?.state, state);
    if (changes.length > 0) found.push({ run, state, changes });
  }
  return found;
}

/** By its number, or the last one that went well and is not what is deployed now. */
export function choose(
  all: Deployment[],
  number: number | undefined,
  { now, stack }: { now: StackState | undefined; stack: Stack },
): Deployment {
  const known = all.filter(({ state }) => state.services.length > 0);
  const numbers = known.map(({ run }) => run.number).join(", ");
  const hint = `There are: ${numbers} (k2-compose rollback --list).`;
  if (number !== undefined) {
    const named = known.find(({ run }) => run.number === number);
    if (named) return named;
    throw new K2Error("not-found", `there is no deployment ${number}`, { at: stack.name, hint });
  }
  const isCurrent = changedServices(all.at(-1)!.state, now).length === 0;
  const before = isCurrent ? known.filter((one) => one !== all.at(-1)) : known;
  const last = before.findLast(
    ({ run, state }) => run.result === "succeeded" && changedServices(state, now).length > 0,
  );
  if (last) return last;
  throw new K2Error("not-found", "there is no earlier deployment that went well", { at: stack.name, hint });
}

/** Throws K2Error where there are none. */
export function demandSome(all: Deployment[], stack: Stack): void {
  if (all.length > 0) return;
  const where = {
    files: "the history folder of its state is empty",
    cloud: "Pulumi Cloud has none",
    journal: "k2-compose has written down none on this machine",
  };
  throw new K2Error("not-found", `nothing is known of earlier deployments: ${where[keeperOf(stack)]}`, {
    at: stack.name,
    hint: "Take the compose files of then (git checkout), and say k2-compose up.",
  });
}
