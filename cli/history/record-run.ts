/** Records runs of k2-compose in the journal, if the backend keeps no earlier states. */
import { messageOf } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import { type Stack } from "../pulumi/stack.js";
import { documentOf } from "../pulumi/state-document.js";
import { appendToJournal } from "./journal.js";
import { historyStoreOf } from "./past-runs.js";

/** Records what stock `pulumi up` has deployed since the last run of k2-compose. */
export async function recordPreviousState(context: Context): Promise<void> {
  await record(context, () => context.document(), { result: "succeeded", message: "" });
}

export async function recordRun(context: Context, result: string, message: string): Promise<void> {
  await record(context, (stack) => documentOf(stack, context.env), { result, message });
}

/** A failure is only a warning, because the deployment itself has succeeded. */
async function record(
  context: Context,
  read: (stack: Stack) => Promise<unknown>,
  how: { result: string; message: string },
): Promise<void> {
  try {
    const stack = await context.stack();
    if (!stack || historyStoreOf(stack) !== "journal") return;
    const document = await read(stack);
    if (document !== undefined)
      await appendToJournal(stack, context.env, { ...how, ended: new Date().toISOString(), document });
  } catch (error) {
    context.out.warn(`cannot record this deployment for rollback: ${messageOf(error)}`);
  }
}
