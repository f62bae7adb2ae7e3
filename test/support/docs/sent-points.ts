import assert from "node:assert/strict";
import type { Point } from "../../../cli/agent/metrics-points.js";

/** The lines with which the agent reports that it has sent points. */
export function reportsIn(lines: string[]): string[] {
  return lines.filter((line) => /^send success .*\]$/.test(line));
}

/** The points of these lines, which must be in the manual's format. */
export function pointsReportedIn(lines: string[]): Point[][] {
  return reportsIn(lines).map((line) => {
    const points = JSON.parse(line.slice("send success ".length)) as Point[];
    assert.equal(line, `send success ${JSON.stringify(points)}`);
    assert.equal(
      shape(points[0]),
      "{'timestamp': number,'metric': string,'value': number,'tags': {'host': string}}",
    );
    assert.equal(shape(points[2]?.tags), "{'host': string,'container': string}");
    return points;
  });
}

function shape(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  return `{${Object.entries(value).map(([key, inner]) => `'${key}': ${shape(inner)}`)}}`;
}
