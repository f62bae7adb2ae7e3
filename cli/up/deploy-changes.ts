/** Runs Pulumi for computed changes, and rolls back on other hosts where the update policy asks for it. */
import type { Context } from "../application/context.js";
import { runDeployment, assertSuccess } from "../deployment/deploy.js";
import { rollBackOtherHosts, earlierRuns } from "./rollback-on-failure.js";
import { pendingOf, type ComputedChanges } from "../changes/compute-changes.js";
import { registrationsToKeep } from "../changes/plan-targets.js";
import { computedOf, handoverOf } from "../deployment/run-handover.js";

export async function deployChanges(
  context: Context,
  seen: ComputedChanges,
  targets: string[],
  json: boolean,
): Promise<void> {
  const { scale, placement, rebalance, down, ignoreDependencies } = seen.options;
  const before = await earlierRuns(context, seen);
  const away = new Set(seen.away.keys());
  const { quiet, registered } = seen;
  const outcome = await runDeployment(context, {
    workspace: seen.workspace,
    args: ["up", "--continue-on-error", ...targets],
    handover: handoverOf(seen.options, {
      run: seen.run,
      ...(registered
        ? computedOf({ ...registered, placement: seen.placement, warnings: seen.project.warnings })
        : { scale, placement, rebalance, down, ignoreDependencies }),
      ...(targets.length > 0 && { staying: registrationsToKeep(seen.plan, seen.state) }),
    }),
    known: seen.state !== undefined,
    hosts: [...new Set(seen.changes.flatMap(({ host }) => host ?? []))],
    plan: seen.plan,
    pending: pendingOf(seen),
    ...{ away, json, quiet },
  });
  const rest = before && (await rollBackOtherHosts(context, { seen, before, outcome, away, json }));
  assertSuccess(outcome, { away }, rest);
}
