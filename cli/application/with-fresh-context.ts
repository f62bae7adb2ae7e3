import { forgetSnapshots } from "../../provider/engine/observe/snapshot.js";
import { Context } from "./context.js";

/** For work after something was changed: files, state and hosts are looked at again. */
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
