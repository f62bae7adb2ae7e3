/** Asks for confirmation before a command acts on all services. */
import { createInterface } from "node:readline/promises";
import { K2Error } from "../../provider/shared/errors.js";
import { oneLine } from "../../provider/shared/foreign-text.js";
import type { Console } from "./console.js";

interface Confirmation {
  /** "stop": part of "Going to stop ALL-Services." */
  doing: string;
  /** Services given by name need no confirmation. */
  names: string[];
  /** -y */
  yes: boolean | undefined;
}

/** Asks in a terminal only, as in docker compose, which never asks. Throws unless the answer is yes. */
export async function confirmAll(context: Console, { doing, names, yes }: Confirmation): Promise<void> {
  if (yes || names.length > 0 || !context.interactive) return;
  if (!(await confirm(context, `Going to ${doing}.`)))
    throw new K2Error("declined", "not confirmed: nothing was changed");
}

/** Asks in the terminal; true if the answer is yes. */
export async function confirm({ world, signal }: Console, statement: string): Promise<boolean> {
  const lines = createInterface({ input: world.stdin, output: world.stdout });
  try {
    // In a terminal, readline handles Ctrl-C itself.
    const left = new Promise<never>((_, reject) => {
      const leave = () => reject(new K2Error("cancelled", "cancelled"));
      lines.once("SIGINT", leave);
      lines.once("close", leave);
    });
    const answer = await Promise.race([
      lines.question(`${oneLine(statement)} Are you sure? [yN] `, { signal }),
      left,
    ]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
