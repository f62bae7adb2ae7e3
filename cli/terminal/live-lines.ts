/** Lines of progress that are drawn over while work goes on; in a pipe there are none. */
import type { Console } from "./console.js";

interface LiveLines {
  set(name: string, text: string): void;
  remove(name: string): void;
  /** A line that stays, above those that move. */
  say(text: string): void;
  done(): void;
}

export async function liveLines({ world, out }: Console): Promise<LiveLines> {
  if (world.stderr.isTTY !== true || world.env.TERM === "dumb") return plainLines((text) => out.line(text));
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(world.stderr as NodeJS.WritableStream, { showCursor: true });
  const lines = new Map<string, string>();
  const draw = () =>
    update(
      [...lines]
        .flatMap(([name, text]) => `${name}: ${text}`.split("\n"))
        .slice(0, (world.stderr.rows ?? 24) - 1)
        .join("\n"),
    );
  const timer = setInterval(draw, 100);
  timer.unref();
  return {
    set: (name, text) => void lines.set(name, text),
    remove: (name) => void lines.delete(name),
    say: (text) => {
      update.clear();
      out.line(text);
      draw();
    },
    done: () => {
      clearInterval(timer);
      update.clear();
    },
  };
}

function plainLines(say: (text: string) => void): LiveLines {
  const nothing = () => undefined;
  return { set: nothing, remove: nothing, say, done: nothing };
}
