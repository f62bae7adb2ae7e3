import { defineCommand } from "../command.js";
import { confirm } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { K2Error } from "../../provider/shared/errors.js";
import { label } from "../../provider/model/labels.js";
import type { Live } from "../application/live-application.js";
import { whyNothing } from "../application/targets.js";
import { deploy } from "../deployment/deploy.js";
import { removeImages, removeLabelled } from "../up/remove-leftovers.js";
import { stopDependents } from "../up/stop-optional-first.js";
import { computedOf, toldOf } from "../deployment/run-handover.js";
import { planOptions, planProject } from "../changes/plan-project.js";
import { findWorkspace, type Workspace, withoutFile } from "../application/workspace.js";

interface Options {
  volumes?: boolean;
  rmi?: "local" | "all";
  yes?: boolean;
  timeout?: number;
  time?: number;
  removeOrphans?: boolean;
  json?: boolean;
}

export default defineCommand<Options>({
  details:
    "Removes containers and networks, dependents first. Named volumes stay, and the next `up` finds them, unless -v " +
    "is said. What no state knows is found by the project's labels; what another stack's state knows is left to it.",
  options: [
    { flags: "-v, --volumes", does: "Also named volumes: their data is lost" },
    {
      flags: "--rmi <which>",
      does: "Also images: those without a tag of their own, or all",
      choices: ["local", "all"],
    },
    { flags: "-y, --yes", does: "Do not ask" },
    { flags: "-t, --timeout <seconds>", does: "Longest wait for a container to stop", number: true },
    { flags: "--time <seconds>", does: "The manual's word for --timeout", number: true, hidden: true },
    { flags: "--remove-orphans", does: "Also containers of the project that no service names" },
    { flags: "--json", does: "What happens, a JSON object a line" },
  ],
  async run(context, { options }) {
    const { name, project, state } = await context.application();
    const nothing = project || state ? undefined : whyNothing(await context.live());
    if (nothing && nothing.code !== "not-found") throw nothing;
    if (!state) leaveToItsStack(await context.live());
    if (!(await agreed(context, name, options))) return 1;
    const stopTimeout = options.timeout ?? options.time;
    if (state) await stopDependents(context, stopTimeout);
    if (state) await destroy(context, name, options, stopTimeout);
    const left = await removeLabelled(context, {
      ...options,
      ...(stopTimeout !== undefined && { stopTimeout }),
    });
    for (const line of left) context.out.note(line);
    if (nothing && left.length === 0) context.out.warn(nothing.message);
    if (options.rmi) for (const line of await removeImages(context, options.rmi)) context.out.note(line);
  },
});

/** What a stack owns goes by its state: without that, nobody knows whether the stack is still at work. */
function leaveToItsStack({ application, services }: Live): void {
  const owned = services.flatMap(({ containers }) =>
    containers.filter(({ labels }) => labels[label.stack] !== undefined),
  );
  const [first] = owned;
  if (!first) return;
  const stack = first.labels[label.stack]!;
  throw new K2Error("conflict", `${first.name} belongs to the stack ${stack}, whose state is not here`, {
    at: application.name,
    hint: `Go where its state is (--stack, PULUMI_BACKEND_URL). If that is lost: \`k2-compose up --take-over\`, then down.`,
  });
}

async function destroy(
  context: Context,
  name: string,
  options: Options,
  stopTimeout?: number,
): Promise<void> {
  const found = await findWorkspace(context, name);
  const project = await context.projectIfAny();
  const volumes = options.volumes ? { volumes: "remove" } : {};
  if (options.volumes && !project) {
    throw new K2Error("usage", "-v needs the compose file: it says which volumes are the project's own");
  }
  const workspace = project ? found : withoutFile(found);
  await deploy(context, {
    ...{ workspace, known: true, json: options.json ?? false, volumesGo: options.volumes },
    // Volumes are kept by a mark on them, which the program has to be run for to change.
    args: ["destroy", "--continue-on-error", ...(options.volumes ? ["--run-program"] : [])],
    told: toldOf(await context.loadOptions(), {
      run: { ...volumes, stopTimeout },
      ...(options.volumes && (await computedFor(context, workspace))),
    }),
  });
}

/** For the program. Empty: it plans for itself. */
async function computedFor(context: Context, workspace: Workspace): Promise<object> {
  const options = await planOptions(context, workspace, await context.state());
  const { registered, placement, project } = await planProject(context, workspace, options);
  return registered ? computedOf({ ...registered, placement, warnings: project.warnings }) : {};
}

async function agreed(context: Context, name: string, { yes, volumes }: Options): Promise<boolean> {
  if (yes || !context.interactive) return true;
  const what = volumes ? `${name} with its volumes and their data` : name;
  return confirm(context, `Going to take down [${what}].`);
}
