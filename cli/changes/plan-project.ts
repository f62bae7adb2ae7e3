/** The plan of the compose files: the one that the CLI compares and shows, and that the program registers. */
import {
  prepare,
  type Prepared,
  type PrepareOptions,
  prepareProject,
} from "../../provider/planning/prepare.js";
import type { Plan } from "../../provider/model/plan/node.js";
import type { Change } from "../../provider/model/changes/compare.js";
import { changedFields } from "../../provider/model/changes/fields.js";
import { withTexts } from "../../provider/model/plan/json.js";
import { secret, type StackState } from "../../provider/model/stack-state.js";
import { memoryOf } from "../application/application.js";
import type { Context } from "../application/context.js";
import { hasOwnSettings } from "../pulumi/stack-configuration.js";
import type { Workspace } from "../application/workspace.js";

export interface PlannedProject extends Prepared {
  /** The plan with placeholders for the variables of a stack's configuration that holds encrypted ones. */
  masked?: Plan;
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
    ...(await context.valueOptions()),
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
  const isRegistered = workspace.plain && !knowsMore;
  if (secretVariables.length === 0)
    return { ...prepared, ...(isRegistered && { registered: { plan: prepared.plan, variables: {} } }) };
  const registered = await planWithPlaceholders(options, secretVariables);
  // What Pulumi registers: the placeholders' places get the values, and the rest is as it would be for any value.
  const values = new Map(
    Object.entries(registered.variables).map(([text, name]) => [text, options.env[name] ?? ""]),
  );
  const plan = withTexts(registered.plan, values);
  return { ...prepared, plan, masked: registered.plan, ...(isRegistered && { registered }) };
}

/** The program has the values as Pulumi's secrets, which no text can hold: placeholders stand for them. */
async function planWithPlaceholders(options: PrepareOptions, names: string[]): Promise<RegisteredPlan> {
  const placeholders = names.map((name, at) => [name, `{{k2-output-${at}}}`] as const);
  const env = { ...options.env, ...Object.fromEntries(placeholders) };
  const { plan } = await prepare({ ...options, env });
  return { plan, variables: Object.fromEntries(placeholders.map(([name, text]) => [text, name])) };
}

/** Masks the values that `masked` replaces by placeholders. */
export function maskValues(changes: Change[], plan: Plan, masked: Plan | undefined): Change[] {
  if (!masked) return changes;
  const shown = new Map(masked.nodes.map(({ id, inputs }) => [id, inputs]));
  const hidden = new Map(
    plan.nodes.map(({ id, inputs }) => [id, changedFields(inputs, shown.get(id)).map(({ path }) => path)]),
  );
  return changes.map((change) => ({
    ...change,
    fields: change.fields.map((field) => {
      const isHidden = (hidden.get(change.id) ?? []).some((path) => isWithin(path, field.path));
      return isHidden && field.after !== undefined ? { ...field, after: secret } : field;
    }),
  }));
}

/** A field that is new as a whole holds its entries. */
function isWithin(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}
