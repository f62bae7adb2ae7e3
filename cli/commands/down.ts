import { removeOrphansOptions } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { confirm } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { K2Error } from "../../provider/shared/errors.js";
import { label } from "../../provider/model/labels.js";
import type { Live } from "../application/live-application.js";
import { unknownProjectError } from "../application/targets.js";
import { deploy } from "../deployment/deploy.js";
import { removeImages, removeLabelled } from "../up/remove-leftovers.js";
import { stopDependents } from "../up/stop-optional-first.js";
import { computedOf, handoverOf } from "../deployment/run-handover.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { findWorkspace, type Workspace, withoutFile } from "../application/workspace.js";

interface Options {
  volumes?: boolean;
  rmi?: "local" | "all";
  yes?: boolean;
  timeout?: number;
  time?: number;
  removeOrphans?: boolean;
  leaveSwarm?: boolean;
  json?: boolean;
}

export default defineCommand<Options>({
  details:
    "Stops and removes containers and networks, dependents first. Named volumes are kept, and the next `up` uses them\n" +
    "again, unless -v is given. Resources that are not in the state are found by the labels of the project; resources\n" +
    "of other stacks are not removed.",
  options: [
    { flags: "-v, --volumes", does: "Remove named volumes and anonymous volumes, with their data" },
    {
      flags: "--rmi <which>",
      does: "Remove images used by services: local removes only images without a custom tag",
      choices: ["local", "all"],
    },
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
    { flags: "-t, --timeout <seconds>", does: "Specify a shutdown timeout in seconds", number: true },
    {
      flags: "--time <seconds>",
      does: "Same as --timeout, as the original k2-compose calls it",
      number: true,
      hidden: true,
    },
    {
      flags: "--leave-swarm",
      does: "End the swarm that this stack has formed: its hosts leave it",
      own: true,
    },
    ...removeOrphansOptions("Remove containers for services not defined in the compose file"),
    { flags: "--json", does: "Print events as JSON, one object per line" },
  ],
  async run(context, { options }) {
    const { name, project, state } = await context.application();
    const nothing = project || state ? undefined : unknownProjectError(await context.live());
    if (nothing && nothing.code !== "not-found") throw nothing;
    if (!state) assertNotOfOtherStack(await context.live());
    if (!(await isConfirmed(context, name, options))) return 1;
    const leaveSwarm = options.leaveSwarm ? await mayLeave(context, state) : false;
    const stopTimeout = options.timeout ?? options.time;
    if (state) await stopDependents(context, stopTimeout);
    if (state) await destroy(context, name, { ...options, leaveSwarm }, stopTimeout);
    const left = await removeLabelled(context, {
      ...options,
      ...(stopTimeout !== undefined && { stopTimeout }),
    });
    for (const line of left) context.out.note(line);
    if (nothing && left.length === 0) context.out.warn(nothing.message);
    if (options.rmi) for (const line of await removeImages(context, options.rmi)) context.out.note(line);
  },
});

/** Fails if another stack owns a container, because only that stack's state tells whether it is in use. */
function assertNotOfOtherStack({ application, services }: Live): void {
  const owned = services.flatMap(({ containers }) =>
    containers.flatMap(({ name, labels }) => {
      const stack = labels[label.stack];
      return stack === undefined ? [] : { name, stack };
    }),
  );
  const [first] = owned;
  if (!first) return;
  throw new K2Error(
    "conflict",
    `${first.name} belongs to the stack ${first.stack}, whose state is not available here`,
    {
      at: application.name,
      hint: `Use the backend that has its state (--stack, PULUMI_BACKEND_URL). If the state is lost, run \`k2-compose up --take-over\` before down.`,
    },
  );
}

async function mayLeave(context: Context, state: StackState | undefined): Promise<boolean> {
  // Loaded only for --leave-swarm.
  const { mayLeaveSwarm } = await import("../up/leave-swarm.js");
  return mayLeaveSwarm(context, state);
}

async function destroy(
  context: Context,
  name: string,
  options: Options,
  stopTimeout?: number,
): Promise<void> {
  const found = await findWorkspace(context, name);
  const project = await context.outlineIfAny();
  const volumes = options.volumes ? ({ volumes: "remove" } as const) : {};
  if (options.volumes && !project) {
    throw new K2Error("usage", "-v needs the compose file, which defines the volumes of the project");
  }
  const workspace = project ? found : withoutFile(found);
  const computed = options.volumes ? await computedFor(context, workspace) : undefined;
  await deploy(context, {
    ...{ workspace, known: true, json: options.json ?? false, volumesGo: computed !== undefined },
    // To remove volumes, the program must run to clear the mark that protects them.
    args: ["destroy", "--continue-on-error", ...(computed ? ["--run-program"] : [])],
    handover: handoverOf(await context.loadOptions(), {
      run: { ...volumes, stopTimeout, leaveSwarm: options.leaveSwarm },
      ...computed,
    }),
  });
}

/**
 * For the program. Empty: it plans for itself. Undefined: the files cannot be planned, so Pulumi keeps the volumes, and they
 * are removed by their labels afterwards.
 */
async function computedFor(context: Context, workspace: Workspace): Promise<object | undefined> {
  // Loaded only for -v.
  const { planOptions, planProject } = await import("../changes/plan-project.js");
  try {
    const options = await planOptions(context, workspace, await context.state());
    const { registered, placement, project } = await planProject(context, workspace, options);
    return registered ? computedOf({ ...registered, placement, warnings: project.warnings }) : {};
  } catch (error) {
    if (!K2Error.is(error) || error.code !== "invalid-file") throw error;
    context.warnOfFault(error);
    return undefined;
  }
}

async function isConfirmed(context: Context, name: string, { yes, volumes }: Options): Promise<boolean> {
  if (yes || !context.interactive) return true;
  const what = volumes ? `${name}, and its volumes with their data` : name;
  return confirm(context, `Going to take down [${what}].`);
}
