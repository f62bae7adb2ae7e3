/** The additional columns of `ps --stats`. */
import type { Context } from "../application/context.js";
import { binarySize, metricsOnce } from "../containers/metrics.js";
import type { Line } from "./rows.js";

export const statsHead = ["CPU", "Memory", "Check-ms"];

/** Sums of a service's containers. */
export function statsOf(context: Context, lines: Line[]): Promise<string[][]> {
  return Promise.all(
    lines.map(async ({ service, check }) => {
      const running = service.containers.filter(({ state }) => state === "running");
      const engine = await context.engine(service.host);
      const all = await Promise.all(running.map(({ id }) => metricsOnce(engine, id, context.signal)));
      const sum = (key: "cpuPercent" | "memory") => all.reduce((total, metrics) => total + metrics[key], 0);
      const used =
        all.length === 0 ? ["", ""] : [`${sum("cpuPercent").toFixed(2)}%`, binarySize(sum("memory"))];
      return [...used, check === undefined ? "" : String(Math.round(check.ms))];
    }),
  );
}
