/** The plan of the compose files: the one that the CLI compares and shows, and that the program registers. */
import {
  prepare,
  type Prepared,
  type PrepareOptions,
  prepareProject,
} from "../../provider/planning/prepare.js";
import type { Plan } from "../../provider/model/plan/node.js";
import { withTexts } from "../../provider/model/plan/json.js";
import { withSecretTexts } from "../../provider/model/plan/secret-inputs.js";
import type { StackState } from "../../provider/model/stack-state.js";
import { memoryOf } from "../application/application.js";
import type { Context } from "../application/context.js";
import type { Workspace } from "../application/workspace.js";

export interface PlannedProject extends Prepared {
  /** The program encrypts what this plan calls secret. Otherwise it may have other rules. */
  sharesRule: boolean;
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
  const { saveSuffix, rebalance, encrypt } = await context.configuration();
  return {
    ...(await context.valueOptions()),
    base: workspace.base,
    ...(saveSuffix !== undefined && { saveSuffix }),
    ...(rebalance && { rebalance }),
    ...(encrypt !== undefined && { encrypt }),
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
  // Otherwise only the program knows all settings.
  const sharesRule = workspace.plain && !isHidden;
  if (secretVariables.length === 0) {
    const registered = { plan: prepared.plan, variables: {} };
    return { ...prepared, sharesRule, ...(sharesRule && { registered }) };
  }
  const registered = await planWithPlaceholders(options, secretVariables);
  // What Pulumi registers: the placeholders' places get the values, and the rest is as it would be for any value.
  const values = new Map(
    Object.entries(registered.variables).map(([text, name]) => [text, options.env[name] ?? ""]),
  );
  const plan = withTexts(registered.plan, values);
  return { ...prepared, plan, sharesRule, ...(sharesRule && { registered }) };
}

/** The program has the values as Pulumi's secrets, which no text can hold: placeholders stand for them. */
async function planWithPlaceholders(options: PrepareOptions, names: string[]): Promise<RegisteredPlan> {
  const placeholders = names.map((name, at) => [name, `{{k2-output-${at}}}`] as const);
  const env = { ...options.env, ...Object.fromEntries(placeholders) };
  const { plan } = await prepare({ ...options, env });
  const texts = placeholders.map(([, text]) => text);
  return {
    plan: withSecretTexts(plan, texts),
    variables: Object.fromEntries(placeholders.map(([name, text]) => [text, name])),
  };
}
