import { forgetSnapshots } from "../../provider/engine/observe/snapshot.js";
import { Context } from "./context.js";

/** Runs work in a new context, which reads files, state and hosts again after a change. */
export async function afresh<T>(
  { world, options, interrupts }: Context,
  work: (now: Context) => Promise<T>,
): Promise<T> {
  forgetSnapshots();
  const now = new Context(world, options, interrupts);
  try {
    return await work(now);
  } finally {
    await now.close();
  }
}
