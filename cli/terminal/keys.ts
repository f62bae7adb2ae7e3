/** Handles single keys while a command runs in a terminal. */
import type { World } from "./process-io.js";

/** Returns a function that stops it; undefined without a terminal. Ctrl-C keeps its meaning. */
export function listenForKeys(
  { stdin, stdout }: Pick<World, "stdin" | "stdout">,
  keys: Record<string, () => void>,
): (() => void) | undefined {
  if (stdin.isTTY !== true || stdout.isTTY !== true) return undefined;
  const onData = (data: Buffer) => {
    for (const key of data.toString("utf8")) {
      // A raw terminal sends Ctrl-C as a character.
      if (key === "\u0003") process.kill(process.pid, "SIGINT");
      else keys[key]?.();
    }
  };
  stdin.setRawMode(true);
  stdin.on("data", onData).resume();
  return () => {
    stdin.off("data", onData).pause();
    stdin.setRawMode(false);
    // Listening to the terminal would keep the process alive.
    stdin.unref();
  };
}
