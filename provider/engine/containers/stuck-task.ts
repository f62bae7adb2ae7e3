import { K2Error } from "../../shared/errors.js";

/**
 * An engine that crashed while it started a container can never start that container again: containerd has a task for
 * it that the engine does not know ("task 4f…: already exists"; seen on 20.10). The container must be recreated.
 */
export class Stuck extends K2Error {
  constructor(
    readonly container: string,
    name: string,
    { what, at }: K2Error,
  ) {
    super("engine", `${name} cannot be started any more: ${what}`, {
      at,
      hint: `The engine stopped while it started the container. Remove it (docker rm -f ${name}); \`k2-compose up\` creates another one.`,
    });
  }
}

/** Returns the id of the container that could not be started. */
export function stuckIn(error: unknown): string | undefined {
  if (error instanceof Stuck) return error.container;
  return error instanceof Error && error.cause !== undefined ? stuckIn(error.cause) : undefined;
}
