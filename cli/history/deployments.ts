/** Deployments: runs that changed services. Selects the one that `rollback` means. */
import { K2Error } from "../../provider/shared/errors.js";
import { changedServices, type ServiceChange } from "../../provider/model/history/service-changes.js";
import { type StackState } from "../../provider/model/stack-state.js";
import type { Stack } from "../pulumi/stack.js";
import type { Warn } from "./damaged-files.js";
import { historyStoreOf, pastRuns, withStates } from "./past-runs.js";
import type { PastRun } from "./past-run.js";

export interface Deployment {
  run: PastRun;
  state: StackState;
  /** Changes from the previous deployment. */
  changes: ServiceChange[];
}

/** Maximum number of runs to examine. */
const maxRuns = 60;

/** Oldest first, limited to the newest. A run that only reverts manual changes is not a deployment. */
export async function deployments(stack: Stack, env: NodeJS.ProcessEnv, warn: Warn): Promise<Deployment[]> {
  const runs = (await pastRuns(stack, env, warn)).slice(-maxRuns);
  const past = await withStates(runs, warn);
  const found: Deployment[] = [];
  for (const { run, state } of past) {
    const changes = changedServices(found.at(-1)?.state, state);
    if (changes.length > 0) found.push({ run, state, changes });
  }
  return found;
}

/** By its number, or the last successful one that differs from the current deployment. */
export function chooseDeployment(
  all: Deployment[],
  number: number | undefined,
  { now, stack }: { now: StackState | undefined; stack: Stack },
): Deployment {
  const known = all.filter(
    ({ state: { services, swarmServices } }) => services.length + swarmServices.length > 0,
  );
  const numbers = known.map(({ run }) => run.number).join(", ");
  const hint = `Available: ${numbers} (k2-compose rollback --list).`;
  if (number !== undefined) {
    const named = known.find(({ run }) => run.number === number);
    if (named) return named;
    throw new K2Error("not-found", `no such deployment: ${number}`, { at: stack.name, hint });
  }
  const isCurrent = changedServices(all.at(-1)?.state, now).length === 0;
  const before = isCurrent ? known.filter((one) => one !== all.at(-1)) : known;
  const last = before.findLast(
    ({ run, state }) => run.result === "succeeded" && changedServices(state, now).length > 0,
  );
  if (last) return last;
  throw new K2Error("not-found", "there is no earlier successful deployment", { at: stack.name, hint });
}

/** Throws K2Error if there are none. */
export function assertAny(all: Deployment[], stack: Stack): void {
  if (all.length > 0) return;
  const where = {
    files: "the history folder of the state is empty",
    cloud: "Pulumi Cloud has no versions of the state",
    journal: "k2-compose has recorded none on this machine",
  };
  throw new K2Error("not-found", `no earlier deployments found: ${where[historyStoreOf(stack)]}`, {
    at: stack.name,
    hint: "Restore the earlier compose files (git checkout) and run `k2-compose up`.",
  });
}
