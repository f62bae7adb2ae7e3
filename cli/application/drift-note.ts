import type { Context } from "./context.js";

/** What was changed by hand is what the next `up` mends: said where there is a stack that would notice. */
export async function noteDrift(context: Context, what: string): Promise<void> {
  const state = await context.state();
  if (state && state.services.length > 0)
    context.out.note(`The stack does not know: preview shows it as drift, and up ${what}.`);
}
