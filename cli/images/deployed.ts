/** Images of a service in earlier deployments, from the stack's history. */
import { messageOf } from "../../provider/shared/errors.js";
import { parseImageReference } from "../../provider/model/images/reference.js";
import type { StackState } from "../../provider/model/stack-state.js";
import type { Context } from "../application/context.js";
import { deployments } from "../history/deployments.js";
import type { LiveService } from "../application/live-application.js";

export interface DeployedImage {
  /** Numbers of deployments, as in `rollback --list`. */
  numbers: number[];
  /** When it was first deployed. */
  first: Date;
  /** The digest in its registry; undefined for an image that was never in one. */
  digest?: string;
}

/** By image ID. If the history cannot be read, the other images are still shown. */
export async function deployedImages(
  context: Context,
  { service, host }: LiveService,
  repository: string,
): Promise<Map<string, DeployedImage>> {
  const found = new Map<string, DeployedImage>();
  try {
    const stack = await context.stack();
    for (const { run, state } of stack ? await deployments(stack, context.env, context.warnOnce) : []) {
      const then = state.services.find(
        ({ inputs }) => inputs.service === service && inputs.host.name === host.name,
      );
      const id = then?.outputs.last?.imageId;
      const image = then?.inputs.image;
      if (id === undefined || image === undefined || parseImageReference(image).name !== repository) continue;
      const digest = digestOf(state, image);
      const known = found.get(id) ?? {
        numbers: [],
        first: run.ended,
        ...(digest !== undefined && { digest }),
      };
      known.numbers.push(run.number);
      found.set(id, known);
    }
  } catch (error) {
    context.out.warn(`cannot read earlier deployments: ${messageOf(error)}`);
  }
  return found;
}

function digestOf(state: StackState, image: string): string | undefined {
  const digest = state.images.find(({ inputs }) => inputs.image === image)?.outputs.digest;
  return digest?.startsWith("sha256:") ? digest : undefined;
}
