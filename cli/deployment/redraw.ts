/** What is redrawn in a terminal. */
import type { Context } from "../application/context.js";
import type { ViewOptions } from "./view.js";

/** log-update is loaded only where there is a terminal to draw on. */
export async function liveTerminal(
  { world, env }: Context,
  json: boolean,
): Promise<Pick<ViewOptions, "draw" | "clear" | "end">> {
  const { stderr } = world;
  if (json || stderr.isTTY !== true || env.TERM === "dumb") return {};
  const { createLogUpdate } = await import("log-update");
  const log = createLogUpdate(stderr as NodeJS.WriteStream);
  return {
    draw: (lines) => log(fitting(lines, stderr.columns || 80, stderr.rows || 24).join("\n")),
    clear: () => log.clear(),
    end: () => log.done(),
  };
}

/** A line that wraps, or one more than there is room for, could not be taken back. */
export function fitting(lines: string[], columns: number, rows: number): string[] {
  const room = Math.max(1, rows - 2);
  const shown = lines.length > room ? lines.slice(0, room - 1) : lines;
  const more = lines.length > room ? [`… and ${lines.length - shown.length} more`] : [];
  return [...shown, ...more].map((line) => [...line.split("\n")[0]!].slice(0, columns - 1).join(""));
}
