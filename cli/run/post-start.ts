/** `post_start` of a one-off container: docker compose runs it too, but neither `pre_start` nor `pre_stop`. */
import type { Service } from "../../provider/compose/types.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { runHooks } from "../../provider/engine/containers/exec.js";
import { findContainer } from "../../provider/engine/observe/inspect.js";
import type { Context } from "../application/context.js";

/** A command that has ended before its hooks is no failure: only a warning. */
export async function runPostStart(
  context: Context,
  engine: Engine,
  id: string,
  { post_start }: Pick<Service, "post_start">,
): Promise<void> {
  try {
    await runHooks(engine, id, "post_start", post_start, { signal: context.signal });
  } catch (error) {
    context.signal.throwIfAborted();
    const found = await findContainer(engine, id);
    if (found?.State.Running) throw error;
    context.out.warn("post_start did not end, because the container has exited");
  }
}
