/** The manual's question before a command acts on everything. */
import { createInterface } from "node:readline/promises";
import { K2Error } from "../../provider/shared/errors.js";
import type { Console } from "./console.js";

interface Confirmation {
  /** "stop": stands in "Going to stop ALL-Services." */
  doing: string;
  /** What is given by name needs no question. */
  names: string[];
  /** -y */
  yes: boolean | undefined;
}

/** Throws unless the answer is yes. */
export async function confirmAll(context: Console, { doing, names, yes }: Confirmation): Promise<void> {
  if (yes || names.length > 0) return;
  if (!context.interactive)
    throw new K2Error("usage", `this would ${doing}; there is no terminal to ask in`, {
      hint: "Name services, or say -y.",
    });
  if (!(await confirm(context, `Going to ${doing}.`)))
    throw new K2Error("declined", "not confirmed: nothing was done");
}

/** Asks in the terminal; true if the answer is yes. */
export async function confirm({ world, signal }: Console, statement: string): Promise<boolean> {
  const lines = createInterface({ input: world.stdin, output: world.stdout });
  try {
    // In a terminal readline takes Ctrl-C for itself.
    const left = new Promise<never>((_, reject) => {
      const leave = () => reject(new K2Error("cancelled", "cancelled"));
      lines.once("SIGINT", leave);
      lines.once("close", leave);
    });
    const answer = await Promise.race([lines.question(`${statement} Are you sure? [yN] `, { signal }), left]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
