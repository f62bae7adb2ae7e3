import { K2Error } from "../../provider/errors.js";
import type { Change } from "../../provider/model/compare.js";
import type { Run, ServiceInputs } from "../../provider/model/inputs.js";
import { defineCommand } from "../command.js";
import { confirm } from "../confirm.js";
import type { Context } from "../context.js";
import { deploy } from "../up/deploy.js";
import { changeOptions, type ChangeOptions, extrasOf, runOf, withDependencies } from "../up/request.js";
import { type Survey, survey } from "../up/survey.js";
import { targetArguments, targetIds } from "../up/targets.js";
import { toldOf } from "../up/told.js";
import { chosen, print } from "./preview.js";

interface Options extends ChangeOptions {
  detach?: boolean;
  yes?: boolean;
  json?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  details:
    "Brings the hosts to what the compose files say: creates, adopts, changes, moves and removes. In a terminal it asks " +
    "before it replaces or removes anything. Nothing to do means that nothing is run.",
  options: [
    { flags: "-d, --detach", does: "In the background, as always" },
    { flags: "-y, --yes", does: "Do not ask" },
    { flags: "--wait", does: "Until all is up and healthy, as always" },
    { flags: "--build", does: "Build images first" },
    ...changeOptions,
    { flags: "--json", does: "What happens, a JSON object a line" },
  ],
  examples: [
    ["up", "all services of the file"],
    ["up web", "web, and what it depends on"],
    ["up --scale web=3", "three containers of web"],
  ],
  async run(context, { args, options }) {
    const run = runOf(options);
    const seen = await survey(context, run, extrasOf(options));
    const ids = targetIds(seen.plan, args, withDependencies(options));
    if (options.build) refuseToBuild(seen, ids);
    const all = chosen(seen.changes, args, ids);
    const changes = all.filter(({ action }) => action !== "same");
    if (changes.length > 0 || !seen.workspace.plain) {
      if (!options.json) print(context.out, seen, all, false);
      if (!(await agreed(context, seen, options, changes))) return 1;
      await deployChanges(context, seen, {
        json: options.json ?? false,
        run,
        targets: args.length === 0 ? [] : targetArguments(seen.plan, ids, seen.workspace),
      });
    } else if (!options.json) {
      if (seen.away.size > 0) print(context.out, seen, all, false);
      context.out.note(`Nothing to do: ${inventory(seen)}.`);
    }
    if (seen.away.size > 0)
      throw new K2Error("unreachable", `not reached: ${[...seen.away.keys()].join(", ")}`);
    return 0;
  },
});

/** "3 services on 2 hosts are as the file says" */
function inventory({ plan }: Survey): string {
  const count = (kind: string) => plan.nodes.filter((node) => node.kind === kind).length;
  const [services, hosts] = [count("service"), count("host")];
  return `${services} service${services === 1 ? "" : "s"} on ${hosts} host${hosts === 1 ? "" : "s"} as the file says`;
}

interface Deployed {
  json: boolean;
  run: Omit<Run, "stack">;
  targets: string[];
}

async function deployChanges(
  context: Context,
  seen: Survey,
  { json, run, targets }: Deployed,
): Promise<void> {
  const { scale, placement, ignoreDependencies } = seen.options;
  await deploy(context, {
    workspace: seen.workspace,
    args: ["up", "--continue-on-error", ...targets],
    told: toldOf(seen.options, { scale, placement, ignoreDependencies, run }),
    known: seen.state !== undefined,
    hosts: [...new Set(seen.changes.flatMap(({ host }) => host ?? []))],
    away: new Set(seen.away.keys()),
    json,
  });
}

function refuseToBuild({ project, plan }: Survey, ids: Set<string>): void {
  const services = plan.nodes.flatMap(({ id, kind, inputs }) =>
    kind === "service" && ids.has(id) ? (inputs as ServiceInputs).service : [],
  );
  const built = [...new Set(services)].find((name) => project.services[name]?.build);
  if (built === undefined) return;
  throw new K2Error("unsupported", `services.${built}.build: up cannot build images yet`, {
    hint: "Build it where it is to run (docker build -t), and say up without --build.",
  });
}

/** What only adds is not asked about; nobody to ask means yes, as with docker compose. */
async function agreed(
  context: Context,
  { project }: Survey,
  options: Options,
  changes: Change[],
): Promise<boolean> {
  const replaces = changes.some(({ action }) => ["change", "drift", "remove"].includes(action));
  if (options.yes || options.json || !replaces || !context.interactive) return true;
  return confirm(context, `Going to update [${project.name}].`);
}
