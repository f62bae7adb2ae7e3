/** Runs Pulumi for computed changes, and rolls back on other hosts where the update policy asks for it. */
import type { Context } from "../application/context.js";
import { carryOut, demandSuccess } from "../deployment/deploy.js";
import { goBackElsewhere, runsBefore } from "./rollback-on-failure.js";
import { pendingOf, type Survey } from "../changes/compute-changes.js";
import { staying } from "../changes/plan-targets.js";
import { computedOf, toldOf } from "../deployment/run-handover.js";

export async function deployChanges(
  context: Context,
  seen: Survey,
  targets: string[],
  json: boolean,
): Promise<void> {
  const { scale, placement, rebalance, down, ignoreDependencies } = seen.options;
  const before = await runsBefore(context, seen);
  const away = new Set(seen.away.keys());
  const { quiet, registered } = seen;
  const outcome = await carryOut(context, {
    workspace: seen.workspace,
    args: ["up", "--continue-on-error", ...targets],
    told: toldOf(seen.options, {
      run: seen.run,
      ...(registered
        ? computedOf({ ...registered, placement: seen.placement, warnings: seen.project.warnings })
        : { scale, placement, rebalance, down, ignoreDependencies }),
      ...(targets.length > 0 && { staying: staying(seen.plan, seen.state) }),
    }),
    known: seen.state !== undefined,
    hosts: [...new Set(seen.changes.flatMap(({ host }) => host ?? []))],
    plan: seen.plan,
    pending: pendingOf(seen),
    ...{ away, json, quiet },
  });
  const rest = before && (await goBackElsewhere(context, { seen, before, outcome, away, json }));
  demandSuccess(outcome, { away }, rest);
}
