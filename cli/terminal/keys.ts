/** Single keys while something goes on in a terminal. */
import type { World } from "./process-io.js";

/** Returns what ends it; undefined where there is no terminal to press keys in. Ctrl-C stays what it is. */
export function listenForKeys(
  { stdin, stdout }: Pick<World, "stdin" | "stdout">,
  keys: Record<string, () => void>,
): (() => void) | undefined {
  if (stdin.isTTY !== true || stdout.isTTY !== true) return undefined;
  const onData = (data: Buffer) => {
    for (const key of data.toString("utf8")) {
      // A raw terminal hands it over as a character.
      if (key === "\u0003") process.kill(process.pid, "SIGINT");
      else keys[key]?.();
    }
  };
  stdin.setRawMode(true);
  stdin.on("data", onData).resume();
  return () => {
    stdin.off("data", onData).pause();
    stdin.setRawMode(false);
    // A terminal that is still listened to keeps the process alive.
    stdin.unref();
  };
}
