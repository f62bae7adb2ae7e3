/** Prints the warnings and changes of a run. */
import { blockedServices } from "../../provider/model/changes/blocked.js";
import type { Output } from "../terminal/output.js";
import { printChanges } from "../changes/summary.js";
import { pendingOf, type ComputedChanges } from "../changes/compute-changes.js";

export function print(out: Output, seen: ComputedChanges, detailed: boolean): void {
  const addresses = new Map(Object.entries(seen.project.hosts).map(([name, { address }]) => [name, address]));
  for (const { at, message } of seen.project.warnings) {
    out.warn(at ? `${at.file}:${at.line}:${at.column}: ${message}` : message);
  }
  for (const name of seen.staying)
    out.warn(`${name} is unchanged: run \`k2-compose up\` without names to remove it`);
  const away = new Set(seen.away.keys());
  const waits = blockedServices(seen.plan, { pending: pendingOf(seen), failed: new Set(), away });
  printChanges(out, { ...seen, addresses }, detailed, waits);
}
