/** The plan of the compose files: the one that the CLI compares and shows, and that the program registers. */
import {
  prepare,
  type Prepared,
  type PrepareOptions,
  prepareProject,
} from "../../provider/planning/prepare.js";
import type { Plan } from "../../provider/model/plan/node.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { memoryOf } from "../application/application.js";
import type { Context } from "../application/context.js";
import { hasOwnSettings } from "../pulumi/stack-configuration.js";
import type { Workspace } from "../application/workspace.js";

export interface PlannedProject extends Prepared {
  /** For the program. Absent: it plans for itself, because it knows more than the CLI can. */
  registered?: RegisteredPlan;
}

interface RegisteredPlan {
  plan: Plan;
  /** Names of configured variables, by the placeholders that stand for their values in this plan. */
  variables: Record<string, string>;
}

/** As the stack's configuration and its state say, without a command's flags. */
export async function planOptions(
  context: Context,
  workspace: Workspace,
  state: StackState | undefined,
): Promise<PrepareOptions> {
  const { saveSuffix, rebalance } = await context.configuration();
  return {
    ...(await context.loadOptions()),
    base: workspace.base,
    ...(saveSuffix !== undefined && { saveSuffix }),
    ...(rebalance && { rebalance }),
    placement: memoryOf(state),
  };
}

export async function planProject(
  context: Context,
  workspace: Workspace,
  options: PrepareOptions,
): Promise<PlannedProject> {
  const prepared = await prepareProject(await context.project(), options);
  const { isHidden, secretVariables = [] } = await context.configuration();
  const knowsMore = isHidden || (workspace.own && (await hasOwnSettings(workspace.folder, workspace.stack)));
  if (!workspace.plain || knowsMore) return prepared;
  if (secretVariables.length === 0)
    return { ...prepared, registered: { plan: prepared.plan, variables: {} } };
  return { ...prepared, registered: await planWithPlaceholders(options, secretVariables) };
}

/** Only Pulumi decrypts the configuration, in the program: until then placeholders stand for the values. */
async function planWithPlaceholders(options: PrepareOptions, names: string[]): Promise<RegisteredPlan> {
  const placeholders = names.map((name, at) => [name, `{{k2-output-${at}}}`] as const);
  const env = { ...options.env, ...Object.fromEntries(placeholders) };
  const { plan } = await prepare({ ...options, env });
  return { plan, variables: Object.fromEntries(placeholders.map(([name, text]) => [text, name])) };
}
