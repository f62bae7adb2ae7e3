import { defineCommand } from "../command.js";
import { type ChangeOptions, upOptions } from "../changes/change-options.js";
import { computeChanges } from "../changes/compute-changes.js";
import { withNotice } from "../terminal/redraw.js";
import { printComputedChanges } from "../changes/summary.js";
import { changesToJson } from "../../provider/model/changes/compare.js";

interface Options extends ChangeOptions {
  diff?: boolean;
  json?: boolean;
  detailedExitcode?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  details:
    "Reads the compose files, the stack's state and the engines. Changes nothing and does not run Pulumi.",
  options: [
    ...upOptions,
    { flags: "--diff", does: "Show every operation on every container" },
    { flags: "--json", does: "Print the changes as JSON" },
    {
      flags: "--detailed-exitcode",
      does: "Exit with 0 if there is nothing to do, 2 if there are changes, other codes on errors",
    },
  ],
  examples: [
    ["preview", "show what `up` would change, by host"],
    ["preview --detailed-exitcode", "check for drift in a pipeline"],
  ],
  async run(context, { args, options }) {
    const compute = () => computeChanges(context, { patterns: args, options });
    const seen = await withNotice(context.out.redrawn, "Comparing files, state and hosts", compute);
    const pending = seen.changes.filter(({ action }) => action !== "same");
    for (const text of seen.orphans) context.out.warn(text);
    if (options.json) context.out.json(changesToJson(pending));
    else printComputedChanges(context.out, seen, options.diff ?? false);
    // The encryption of a state is no change of what is deployed.
    const changes = pending.filter(({ action }) => action !== "encrypt");
    return options.detailedExitcode && changes.length + seen.away.size > 0 ? 2 : 0;
  },
});
