import type { Context } from "./context.js";

/** Runs work in a new context, which reads files, state and hosts again after a change. */
export async function afresh<T>(context: Context, work: (now: Context) => Promise<T>): Promise<T> {
  const now = context.fresh();
  try {
    return await work(now);
  } finally {
    await now.close();
  }
}
