import { K2Error } from "../../provider/shared/errors.js";
import { changesToJson } from "../../provider/model/changes/compare.js";
import { placementOf } from "../../provider/model/history/restore-plan.js";
import { defineCommand } from "../command.js";
import { confirm } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { chooseDeployment, assertAny, deployments } from "../history/deployments.js";
import type { PastRun } from "../history/past-run.js";
import { listDeployments, localTime } from "../rollback/list.js";
import { type ComputedRollback, computeRollback } from "../rollback/compute-rollback.js";
import { assertReached } from "../changes/assert-reached.js";
import { deploy } from "../deployment/deploy.js";
import { type ChangeOptions, runOf, timeoutOptions } from "../changes/change-options.js";
import { printChanges } from "../changes/summary.js";
import { pendingOf } from "../changes/compute-changes.js";
import { computedOf, handoverOf } from "../deployment/run-handover.js";
import { withoutBrokenFiles } from "../application/state-only.js";

interface Options extends Pick<ChangeOptions, "timeout" | "time" | "waitTimeout"> {
  list?: boolean;
  preview?: boolean;
  diff?: boolean;
  yes?: boolean;
  json?: boolean;
}

export default defineCommand<Options>({
  args: "[number]",
  details:
    "Rolls back to an earlier deployment: the same image IDs, configuration and number of replicas. Services added\n" +
    "since are removed, and services removed since are created again. Volumes and their data are not changed. A\n" +
    "rollback is a deployment like any other: it shows its changes and asks for confirmation, follows update_config,\n" +
    "waits for health checks, and appears in the list of deployments.\n\n" +
    "Without a number, rolls back to the last successful deployment before the current one. A second rollback undoes\n" +
    "the first. Compose files are not changed: the next `up` deploys them again.",
  options: [
    { flags: "--list", does: "List deployments and what each of them changed" },
    { flags: "--preview", does: "Show what would change, without changing anything" },
    { flags: "--diff", does: "Show every operation on every container" },
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
    ...timeoutOptions,
    { flags: "--json", does: "Print the list or the changes as JSON; print events one JSON object per line" },
  ],
  examples: [
    ["rollback --list", "list the deployments"],
    ["rollback", "roll back to the previous deployment"],
    ["rollback 3 --preview", "show what a rollback to number 3 would change"],
  ],
  async run(given, { args: [number], options }) {
    const context = await withoutBrokenFiles(given);
    const stack = await context.stack();
    // Without a Pulumi project, report the missing compose project instead.
    if (!stack && !(await context.pulumiProject())) await context.application();
    if (!stack)
      throw new K2Error("usage", "no stack is selected", {
        hint: "Use --stack NAME, or run pulumi stack select.",
      });
    const all = await deployments(stack, context.env, context.warnOnce);
    assertAny(all, stack);
    if (options.list) return listDeployments(context, all, options.json ?? false);
    const { run } = chooseDeployment(all, numberOf(number), { now: await context.state(), stack });
    const back = await computeRollback(context, { run, name: stack.name }, runOf(options));
    const isIdle = back.changes.every(({ action }) => action === "same");
    if (options.json && options.preview)
      context.out.json(changesToJson(back.changes.filter(({ action }) => action !== "same")));
    else if (!options.json && (!isIdle || back.away.size > 0))
      printChanges(context.out, back, options.diff ?? false);
    if (options.preview) return 0;
    if (isIdle) {
      if (!options.json) context.out.note(`Nothing to do: everything matches deployment ${run.number}.`);
      assertReached(back.away.keys());
      return 0;
    }
    return rollBack(context, run, back, options);
  },
});

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d*$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new K2Error("usage", `${text} is not the number of a deployment`, {
    hint: "See `k2-compose rollback --list`.",
  });
}

/** Returns the exit code: 1 if the user declines. */
async function rollBack(
  context: Context,
  { number, ended }: PastRun,
  { workspace, changes, away, plan, secrets }: ComputedRollback,
  options: Options,
): Promise<number> {
  const which = `deployment ${number} of ${localTime(ended)}`;
  const asks = !options.yes && !options.json && context.interactive;
  if (asks && !(await confirm(context, `Going to roll back to ${which}.`))) return 1;
  const { silent } = await deploy(context, {
    ...{ workspace, known: true, json: options.json ?? false },
    args: ["up", "--continue-on-error"],
    message: `rollback to ${number}`,
    handover: handoverOf(await context.loadOptions(), {
      run: runOf(options),
      ...computedOf({ plan, placement: placementOf(plan), secrets }),
    }),
    ...{ plan, pending: pendingOf({ changes }) },
    hosts: [...new Set(changes.flatMap(({ host }) => host ?? []))],
    away: new Set(away.keys()),
  });
  const where = silent.size > 0 ? " on the hosts that answered" : "";
  if (!options.json)
    context.out.note(
      `Rolled back to ${which}${where}. The compose files are unchanged: the next up deploys them again.`,
    );
  assertReached(silent);
  return 0;
}
