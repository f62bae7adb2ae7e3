import { K2Error } from "../../provider/shared/errors.js";
import { changesToJson } from "../../provider/model/changes/compare.js";
import { placementOf } from "../../provider/model/history/restore-plan.js";
import { defineCommand } from "../command.js";
import { confirm } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { choose, demandSome, deployments } from "../history/deployments.js";
import type { PastRun } from "../history/past-run.js";
import { listDeployments, localTime } from "../rollback/list.js";
import { type WayBack, wayBack } from "../rollback/compute-rollback.js";
import { deploy } from "../deployment/deploy.js";
import { type ChangeOptions, runOf } from "../changes/change-options.js";
import { printChanges } from "../changes/summary.js";
import { pendingOf } from "../changes/compute-changes.js";
import { computedOf, toldOf } from "../deployment/run-handover.js";
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
    "Goes back to an earlier deployment: its images, to the bit, its configuration, its number of containers. Services " +
    "that came since go, those that went come back; volumes stay as they are, and so does their data. It is a change " +
    "like any other: shown and asked about first, rolled out as update_config says, watched, and in the list " +
    "afterwards.\n\n" +
    "Without a number it is the last one before what is deployed now; saying it twice is where you were. The compose " +
    "files are not touched: the next `up` goes by them again.",
  options: [
    { flags: "--list", does: "The deployments that are known, and what each has changed" },
    { flags: "--preview", does: "Show what would change, and change nothing" },
    { flags: "--diff", does: "Every operation on every container" },
    { flags: "-y, --yes", does: "Do not ask" },
    {
      flags: "--wait-timeout <seconds>",
      does: "Longest wait for a container to become healthy",
      number: true,
    },
    { flags: "-t, --timeout <seconds>", does: "Longest wait for a container to stop", number: true },
    { flags: "--time <seconds>", does: "The manual's word for --timeout", number: true, hidden: true },
    { flags: "--json", does: "The list or the changes as JSON; what happens, a JSON object a line" },
  ],
  examples: [
    ["rollback --list", "which deployments there are"],
    ["rollback", "back to the one before"],
    ["rollback 3 --preview", "what going back to number 3 would change"],
  ],
  async run(given, { args: [number], options }) {
    const context = await withoutBrokenFiles(given);
    const stack = await context.stack();
    // Without a Pulumi project it is the compose project that is not known.
    if (!stack && !(await context.pulumiProject())) await context.application();
    if (!stack)
      throw new K2Error("usage", "no stack is selected", {
        hint: "Say --stack NAME, or pulumi stack select.",
      });
    const all = await deployments(stack, context.env);
    demandSome(all, stack);
    if (options.list) return listDeployments(context, all, options.json ?? false);
    const { run } = choose(all, numberOf(number), { now: await context.state(), stack });
    const back = await wayBack(context, { run, name: stack.name }, runOf(options));
    const isIdle = back.changes.every(({ action }) => action === "same");
    if (options.json && options.preview)
      context.out.json(changesToJson(back.changes.filter(({ action }) => action !== "same")));
    else if (!options.json && (!isIdle || back.away.size > 0))
      printChanges(context.out, back, options.diff ?? false);
    if (options.preview) return 0;
    if (isIdle) {
      if (!options.json) context.out.note(`Nothing to do: all is as deployment ${run.number} left it.`);
    } else if (!(await goBack(context, run, back, options))) return 1;
    if (back.away.size === 0) return 0;
    throw new K2Error("unreachable", `not reached: ${[...back.away.keys()].join(", ")}`);
  },
});

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d*$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new K2Error("usage", `${text} is no number of a deployment`, {
    hint: "See k2-compose rollback --list.",
  });
}

/** False: not confirmed. */
async function goBack(
  context: Context,
  { number, ended }: PastRun,
  { workspace, changes, away, plan, secrets }: WayBack,
  options: Options,
): Promise<boolean> {
  const which = `deployment ${number} of ${localTime(ended)}`;
  const asks = !options.yes && !options.json && context.interactive;
  if (asks && !(await confirm(context, `Going back to ${which}.`))) return false;
  await deploy(context, {
    ...{ workspace, known: true, json: options.json ?? false },
    args: ["up", "--continue-on-error"],
    message: `rollback to ${number}`,
    told: toldOf(await context.loadOptions(), {
      run: runOf(options),
      ...computedOf({ plan, placement: placementOf(plan), secrets }),
    }),
    ...{ plan, pending: pendingOf({ changes }) },
    hosts: [...new Set(changes.flatMap(({ host }) => host ?? []))],
    away: new Set(away.keys()),
  });
  if (!options.json)
    context.out.note(`Back at ${which}. The compose files are as they were: the next up goes by them again.`);
  return true;
}
