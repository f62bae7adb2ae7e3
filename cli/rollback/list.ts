/** The deployments that `rollback` can restore. */
import { printChanges } from "../../provider/model/history/service-changes.js";
import type { Context } from "../application/context.js";
import type { Deployment } from "../history/deployments.js";
import { list } from "../terminal/table.js";

export function listDeployments({ out }: Context, all: Deployment[], json: boolean): void {
  const last = all.at(-1);
  if (json)
    return out.json(
      all.map((deployment) => ({
        ...{ number: deployment.run.number, time: deployment.run.ended.toISOString() },
        ...{ result: deployment.run.result, message: deployment.run.message, changes: deployment.changes },
        current: deployment === last,
      })),
    );
  const rows = all.map((deployment) => {
    const { number, ended, result, message } = deployment.run;
    const note = message === "" ? "" : ` (${message})`;
    return [
      ...[deployment === last ? "*" : "", String(number), localTime(ended), result],
      printChanges(deployment.changes) + note,
    ];
  });
  out.block(list({ head: ["", "#", "WHEN", "RESULT", "CHANGED"], rows }));
}

/** In local time: "2026-11-21 13:24:22". */
export function localTime(date: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}
