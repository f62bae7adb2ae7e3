/** Redraws lines while work is in progress. */
import { withoutControls } from "../../provider/shared/foreign-text.js";
import type { Terminal } from "./process-io.js";

export interface Redraw {
  /** Replaces the lines drawn before. */
  draw(lines: string[]): void;
  clear(): void;
  /** Keeps the lines on the screen and shows the cursor again. */
  end(): void;
}

interface Drawing {
  /** Long lines are wrapped, not truncated. */
  wrap?: boolean;
}

/** The stream if it is a terminal whose lines can be replaced. */
export function redrawable(stream: Terminal, { TERM }: NodeJS.ProcessEnv): Terminal | undefined {
  return stream.isTTY === true && TERM !== "dumb" ? stream : undefined;
}

/** Undefined without a stream to redraw: log-update is loaded only for one. */
export async function openRedraw(
  stream: Terminal | undefined,
  { wrap = false }: Drawing = {},
): Promise<Redraw | undefined> {
  if (stream === undefined) return undefined;
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(stream);
  const fit = (lines: string[]) => (wrap ? lines : fitting(lines, stream.columns || 80, stream.rows || 24));
  return {
    draw: (lines) => update(withoutControls(fit(lines).join("\n"), { colours: true })),
    clear: () => update.clear(),
    end: () => update.done(),
  };
}

/** Lines that wrap or exceed the terminal's height could not be erased. */
export function fitting(lines: string[], columns: number, rows: number): string[] {
  const room = Math.max(1, rows - 2);
  const shown = lines.length > room ? lines.slice(0, room - 1) : lines;
  const more = lines.length > room ? [`… and ${lines.length - shown.length} more`] : [];
  return [...shown, ...more].map((line) => [...line.replace(/\n.*/s, "")].slice(0, columns - 1).join(""));
}

/** Shows a line on a terminal while work takes longer than a moment, and erases it. */
export async function withNotice<T>(
  stream: Terminal | undefined,
  text: string,
  work: () => Promise<T>,
): Promise<T> {
  if (stream?.isTTY !== true) return work();
  let isShown = false;
  const timer = setTimeout(() => {
    isShown = true;
    stream.write(`${text} …`);
  }, 150);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (isShown) stream.write("\r\u001b[K");
  }
}
