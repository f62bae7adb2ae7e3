import { K2Error } from "../../shared/errors.js";

/**
 * An engine that died while it started a container refuses to start it ever again: below it stands a task that it does not
 * know ("task 4f…: already exists"; seen on 20.10). Only another container helps.
 */
export class Stuck extends K2Error {
  constructor(
    readonly container: string,
    name: string,
    { what, at }: K2Error,
  ) {
    super("engine", `${name} cannot be started any more: ${what}`, {
      at,
      hint: `The engine died while it started it. Remove it (docker rm -f ${name}); \`k2-compose up\` makes another one.`,
    });
  }
}

/** The id of the container for which it failed. */
export function stuckIn(error: unknown): string | undefined {
  if (error instanceof Stuck) return error.container;
  return error instanceof Error && error.cause !== undefined ? stuckIn(error.cause) : undefined;
}
