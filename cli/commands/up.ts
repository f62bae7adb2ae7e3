import { K2Error } from "../../provider/errors.js";
import { defineCommand } from "../command.js";
import { confirm } from "../confirm.js";
import type { Context } from "../context.js";
import {
  type AttachOptions,
  attachOptions,
  demandServices,
  stayAttached,
  staysAttached,
} from "../up/attach-options.js";
import { carryOut, demandSuccess } from "../up/deploy.js";
import { goBackElsewhere, runsBefore } from "../up/going-back.js";
import { changeOptions, type ChangeOptions, quietOptions, type QuietOptions } from "../up/request.js";
import { pendingOf, type Survey, survey } from "../up/survey.js";
import { withProfilesOf } from "../profiles.js";
import { staying, targetArguments } from "../up/targets.js";
import { toldOf } from "../up/told.js";
import { print } from "./preview.js";

interface Options extends ChangeOptions, AttachOptions, QuietOptions {
  detach?: boolean;
  watch?: boolean;
  yes?: boolean;
  json?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  details:
    "Brings the hosts to what the compose files say: creates, adopts, changes, moves and removes. In a terminal it asks " +
    "before it replaces or removes anything. Nothing to do means that nothing is run.\n\n" +
    "With --attach it stays and shows what the containers write until they have ended. Ctrl-C stops them, twice kills\n" +
    "them; d leaves them running.",
  options: [
    { flags: "-d, --detach", does: "In the background, as always" },
    { flags: "-y, --yes", does: "Do not ask" },
    { flags: "--wait", does: "Until all is up and healthy, as always" },
    ...changeOptions,
    ...quietOptions,
    {
      flags: "-w, --watch",
      does: "Then follow files as `watch` does, until Ctrl-C",
      conflicts: [
        ...["detach", "wait", "json", "start", "noBuild", "attach", "attachDependencies"],
        ...["abortOnContainerExit", "abortOnContainerFailure", "exitCodeFrom"],
      ],
    },
    ...attachOptions,
    { flags: "--json", does: "What happens, a JSON object a line" },
  ],
  examples: [
    ["up", "all services of the file"],
    ["up web", "web, and what it depends on"],
    ["up --scale web=3", "three containers of web"],
    ["up --attach", "stay, and follow the logs"],
    ["up --exit-code-from tests", "in a pipeline: until tests have ended, and with their exit code"],
  ],
  async run(given, { args, options }) {
    const context = await withProfilesOf(given, args);
    // Only who watches pays for that.
    const watching = options.watch ? await import("../watch/session.js") : undefined;
    await watching?.rulesFor(context, args);
    const seen = await survey(context, { patterns: args, options });
    demandServices(seen, options);
    const isTold = !options.json && !options.quiet;
    const isIdle = seen.changes.every(({ action }) => action === "same") && seen.workspace.plain;
    if (isTold && (!isIdle || seen.away.size > 0)) print(context.out, seen, false);
    let deployedAt = Date.now();
    if (isIdle) {
      if (isTold) context.out.note(`Nothing to do: ${inventory(seen)}.`);
    } else {
      if (!(await agreed(context, seen, options))) return 1;
      deployedAt = Date.now();
      const targets = args.length === 0 ? [] : targetArguments(seen, seen.ids);
      await deployChanges(context, seen, targets, options.json ?? false);
    }
    if (watching) return watching.watchFiles(context, args, { up: false, prune: true, quiet: false });
    const code = staysAttached(options) ? await stayAttached(context, seen, args, options, deployedAt) : 0;
    if (seen.away.size === 0 || code !== 0) return code;
    throw new K2Error("unreachable", `not reached: ${[...seen.away.keys()].join(", ")}`);
  },
});

/** "3 services on 2 hosts as the file says" */
function inventory({ changes, away }: Survey): string {
  const count = (kind: string) =>
    changes.filter((change) => change.kind === kind && !away.has(change.host ?? "")).length;
  const [services, hosts] = [count("service"), count("host")];
  return `${services} service${services === 1 ? "" : "s"} on ${hosts} host${hosts === 1 ? "" : "s"} as the file says`;
}

export async function deployChanges(
  context: Context,
  seen: Survey,
  targets: string[],
  json: boolean,
): Promise<void> {
  const { scale, placement, rebalance, down, ignoreDependencies } = seen.options;
  const before = await runsBefore(context, seen);
  const away = new Set(seen.away.keys());
  const { quiet } = seen;
  const outcome = await carryOut(context, {
    workspace: seen.workspace,
    args: ["up", "--continue-on-error", ...targets],
    told: toldOf(seen.options, {
      ...{ scale, placement, rebalance, down, ignoreDependencies, run: seen.run },
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

/** What only adds is not asked about; nobody to ask means yes, as with docker compose. */
async function agreed(
  context: Context,
  { project, changes }: Survey,
  { yes, json }: Options,
): Promise<boolean> {
  const replaces = changes.some(({ action }) => ["change", "drift", "remove"].includes(action));
  if (yes || json || !replaces || !context.interactive) return true;
  return confirm(context, `Going to update [${project.name}].`);
}
