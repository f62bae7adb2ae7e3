import { K2Error } from "../../provider/errors.js";
import { defineCommand } from "../command.js";
import { confirm } from "../confirm.js";
import type { Context } from "../context.js";
import { deploy, hostLines } from "../up/deploy.js";
import { changeOptions, type ChangeOptions, extrasOf, runOf, withDependencies } from "../up/request.js";
import { type Survey, survey } from "../up/survey.js";
import { targetArguments, targetIds } from "../up/targets.js";
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
    const changes = chosen(seen.changes, args, ids).filter(({ action }) => action !== "same");
    if (changes.length === 0 && seen.workspace.plain && seen.away.size === 0) {
      if (!options.json) context.out.note(`Nothing to do: ${inventory(seen)}.`);
      return 0;
    }
    if (!options.json) print(context.out, seen, chosen(seen.changes, args, ids), false);
    if (!(await agreed(context, seen, options, changes.some(({ action }) => ["change", "drift", "remove"].includes(action))))) {
      return 1;
    }
    const targets = args.length === 0 ? [] : targetArguments(seen.plan, ids, seen.workspace);
    const { cwd, files, projectName, projectDirectory, profiles, envFiles, scale, placement, ignoreDependencies } = seen.options;
    const done = await deploy(context, {
      workspace: seen.workspace,
      args: ["up", "--continue-on-error", ...targets],
      told: { directory: cwd, files, projectName, projectDirectory, profiles, envFiles, scale, placement, ignoreDependencies, run },
      known: seen.state !== undefined,
      json: options.json ?? false,
    });
    if (!options.json) for (const line of hostLines(done, seen.changes)) context.out.note(line);
    if (seen.away.size > 0) throw new K2Error("unreachable", `not reached: ${[...seen.away.keys()].join(", ")}`);
    return 0;
  },
});

/** "3 services on 2 hosts are as the file says" */
function inventory({ plan }: Survey): string {
  const count = (kind: string) => plan.nodes.filter((node) => node.kind === kind).length;
  const [services, hosts] = [count("service"), count("host")];
  return `${services} service${services === 1 ? "" : "s"} on ${hosts} host${hosts === 1 ? "" : "s"} as the file says`;
}

/** What only adds is not asked about; nobody to ask means yes, as with docker compose. */
async function agreed(context: Context, { project }: Survey, options: Options, replaces: boolean): Promise<boolean> {
  if (options.yes || options.json || !replaces || !context.interactive) return true;
  return confirm(context, `Going to update [${project.name}].`);
}
