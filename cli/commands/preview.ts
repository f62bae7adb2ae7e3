import type { Change } from "../../provider/model/compare.js";
import { defineCommand } from "../command.js";
import { changeOptions, type ChangeOptions, extrasOf, runOf, withDependencies } from "../up/request.js";
import { counts, summary } from "../up/summary.js";
import { type Survey, survey } from "../up/survey.js";
import { targetIds } from "../up/targets.js";
import type { Output } from "../output.js";

interface Options extends ChangeOptions {
  diff?: boolean;
  json?: boolean;
  detailedExitcode?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  details: "Looks at the files, the stack's state and the engines; changes nothing, and does not run Pulumi.",
  options: [
    ...changeOptions,
    { flags: "--diff", does: "Every operation on every container" },
    { flags: "--json", does: "The changes as JSON" },
    { flags: "--detailed-exitcode", does: "0: nothing to do; 2: something to do; others: an error" },
  ],
  examples: [
    ["preview", "what `up` would do, host by host"],
    ["preview --detailed-exitcode", "in a pipeline: has anything drifted?"],
  ],
  async run(context, { args, options }) {
    const seen = await survey(context, runOf(options), extrasOf(options));
    const ids = targetIds(seen.plan, args, withDependencies(options));
    const changes = chosen(seen.changes, args, ids);
    if (options.json) context.out.json(changes.filter(({ action }) => action !== "same"));
    else print(context.out, seen, changes, options.diff ?? false);
    const pending = changes.some(({ action }) => action !== "same");
    return options.detailedExitcode && (pending || seen.away.size > 0) ? 2 : 0;
  },
});

/** All, or those of the named services. */
export function chosen(changes: Change[], patterns: string[], ids: Set<string>): Change[] {
  return patterns.length === 0 ? changes : changes.filter(({ id }) => ids.has(id));
}

export function print(out: Output, seen: Survey, changes: Change[], detailed: boolean): void {
  const addresses = new Map(Object.entries(seen.project.hosts).map(([name, { address }]) => [name, address]));
  for (const { at, message } of seen.project.warnings) {
    out.warn(at ? `${at.file}:${at.line}:${at.column}: ${message}` : message);
  }
  for (const line of summary(changes, { paint: out.paint, detailed, addresses, away: seen.away }))
    out.line(line);
  out.line(counts(changes));
}
