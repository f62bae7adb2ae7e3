import { defineCommand } from "../command.js";
import { changeOptions, type ChangeOptions } from "../up/request.js";
import { printChanges } from "../up/summary.js";
import { pendingOf, type Survey, survey } from "../up/survey.js";
import { blockedServices } from "../../provider/model/blocked.js";
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
    const seen = await survey(context, { patterns: args, options });
    const pending = seen.changes.filter(({ action }) => action !== "same");
    if (options.json) context.out.json(pending);
    else print(context.out, seen, options.diff ?? false);
    return options.detailedExitcode && pending.length + seen.away.size > 0 ? 2 : 0;
  },
});

export function print(out: Output, seen: Survey, detailed: boolean): void {
  const addresses = new Map(Object.entries(seen.project.hosts).map(([name, { address }]) => [name, address]));
  for (const { at, message } of seen.project.warnings) {
    out.warn(at ? `${at.file}:${at.line}:${at.column}: ${message}` : message);
  }
  for (const name of seen.staying)
    out.warn(`${name} is left as it is: \`k2-compose up\` without names removes it`);
  const away = new Set(seen.away.keys());
  const waits = blockedServices(seen.plan, { pending: pendingOf(seen), failed: new Set(), away });
  printChanges(out, { ...seen, addresses }, detailed, waits);
}
