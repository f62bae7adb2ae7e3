/** Rolls back an update that failed: `failure_action: rollback`. */
import { type ContainerSteps, execute } from "../../engine/containers/execute.js";
import { observeProject } from "../../engine/observe/snapshot.js";
import { judge } from "../../engine/inspection/inspect-service.js";
import { filesHashOf } from "../../engine/files/service-files.js";
import { Aftermath, messageOf } from "../../shared/errors.js";
import { containersOf } from "../../model/reconcile/desired.js";
import { desiredForRun } from "../../model/changes/service-drift.js";
import type { ServiceContext, ServiceInputs, ServiceOutputs } from "../../model/kinds.js";
import { reconcile } from "../../model/reconcile/reconcile.js";
import { rollingOf } from "../../model/reconcile/update-policy.js";
import { serviceSteps } from "./container-steps.js";
import { inputsIn } from "../process/handler.js";
import type { TakingCall } from "./givers.js";

/**
 * Restores the previous state by `rollback_config`. Returns the error to throw: the state is kept, which is correct
 * again.
 */
export async function rollBackService(
  state: ServiceInputs & ServiceOutputs,
  context: ServiceContext,
  error: Error,
  call: TakingCall,
): Promise<Error> {
  const before = inputsIn("service", state);
  const then = {
    ...context,
    ...state.last,
    gates: [],
    run: { ...context.run, forceRecreate: false, noRecreate: false },
  };
  const engine = call.session.engine(before.host);
  try {
    const seen = await observeProject(engine, before.project);
    const desired = desiredForRun(
      before,
      then,
      filesHashOf(before),
      seen,
      rollingOf(before, "rollback_config"),
    );
    const judged = await judge(engine, before, then, seen.containers);
    const operations = reconcile(desired, containersOf(judged, before.project, before.service));
    const steps = withoutTaking(
      serviceSteps({
        inputs: before,
        context: then,
        engine,
        seen: seen.containers,
        desired,
        call,
      }),
    );
    const { stopTimeout, waitTimeout } = context.run;
    // The run may have been cancelled: the rollback is what makes that safe.
    await execute(engine, operations, steps, {
      onStep: call.progress,
      rolling: desired.rolling,
      stopTimeout,
      waitTimeout,
    });
    return new Aftermath("handled", error, "rolled back: all containers are as they were before");
  } catch (second) {
    return new Aftermath("handled", error, `could not be rolled back: ${messageOf(second)}`);
  }
}

/** Ports and addresses that other services have taken meanwhile stay theirs. */
function withoutTaking(steps: ContainerSteps): ContainerSteps {
  return { ...steps, starting: (_id, start) => start() };
}
