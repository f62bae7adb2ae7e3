/** Runs Pulumi for computed changes, and rolls back on other hosts where the update policy asks for it. */
import { K2Error } from "../../provider/shared/errors.js";
import { didNothing } from "../deployment/tally.js";
import type { Context } from "../application/context.js";
import { type Deployment, runDeployment, assertSuccess } from "../deployment/deploy.js";
import { adoptionOf, type Change } from "../../provider/model/changes/compare.js";
import { computeChanges, pendingOf, type ComputedChanges } from "../changes/compute-changes.js";
import { isKind, type NodeOf } from "../../provider/model/plan/node.js";
import { rollingOf } from "../../provider/model/reconcile/update-policy.js";
import { targetArguments } from "../changes/plan-targets.js";
import { registrationsFor, registrationsToKeep } from "../changes/registrations.js";
import { computedOf, handoverOf } from "../deployment/run-handover.js";

/** Returns the hosts that did not answer. `followed`: the caller attaches to the containers, and reports how they end. */
export async function deployChanges(
  context: Context,
  seen: ComputedChanges,
  targets: readonly string[],
  { json, followed = false }: { json: boolean; followed?: boolean },
): Promise<Set<string>> {
  const { scale, placement, rebalance, down, ignoreDependencies } = seen.options;
  const isRolledBack = ({ inputs }: NodeOf<"service">) => rollingOf(inputs).onFailure === "rollback";
  // Loaded only where a file asks for it.
  const rollback = seen.plan.nodes.filter(isKind("service")).some(isRolledBack)
    ? await import("./rollback-on-failure.js")
    : undefined;
  const before = await rollback?.earlierRuns(context, seen);
  const away = new Set(seen.away.keys());
  const { quiet, registered } = seen;
  const part = registered && registrationsFor({ ...seen, plan: registered.plan }, targets);
  const planned = { plan: seen.plan, pending: pendingOf(seen), away };
  const deployment: Deployment = {
    workspace: seen.workspace,
    args: ["up", "--continue-on-error", ...targetArguments(targets)],
    handover: handoverOf(seen.options, {
      run: seen.run,
      ...(part
        ? computedOf({ ...registered, ...part, placement: seen.placement, warnings: seen.project.warnings })
        : { scale, placement, rebalance, down, ignoreDependencies }),
      staying: part ? part.staying : targets.length > 0 ? registrationsToKeep(seen, targets) : [],
    }),
    registered: part?.plan.nodes.length,
    known: seen.state !== undefined,
    hosts: [...new Set(seen.changes.flatMap(({ host }) => host ?? []))],
    ...{ ...planned, json, quiet, followed, existing: existingObjects(seen.changes) },
  };
  const outcome = await runDeployment(context, deployment);
  const rest = before && (await rollback?.rollBackOtherHosts(context, { seen, before, outcome, away, json }));
  assertSuccess(outcome, deployment, rest);
  // The names of a custom program's resources may have a prefix.
  if (seen.workspace.plain && didNothing(planned, outcome)) await assertNothingDue(context, seen);
  return outcome.silent;
}

/** Objects that the run takes over, and those among them that it changes. */
function existingObjects(changes: Change[]): Map<string, "adopt" | "update"> {
  const adopted = changes.filter(({ action }) => action === "adopt");
  return new Map(
    adopted.map((change) => [change.id, adoptionOf(change) === "as-it-is" ? "adopt" : "update"]),
  );
}

/** Fails if a change that was shown is still to be made after a run that made none. */
async function assertNothingDue(context: Context, seen: ComputedChanges): Promise<void> {
  const now = await context.withFresh((fresh) => computeChanges(fresh, seen.request));
  const shown = pendingOf(seen);
  const due = now.changes.filter(({ id }) => pendingOf(now).has(id) && shown.has(id));
  if (due.length === 0)
    return context.out.note(
      "Pulumi changed nothing: the hosts already are as the changes would have made them.",
    );
  throw new K2Error(
    "engine",
    `none of the changes that were shown was made: ${due.map(({ name }) => name).join(", ")}`,
    {
      hint: "Pulumi's program registered other resources than the compose files define. Check the stack's configuration.",
    },
  );
}
