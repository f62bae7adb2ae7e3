import { defineCommand } from "../command.js";
import { print } from "../up/print.js";
import { changeOptions, type ChangeOptions } from "../changes/change-options.js";
import { survey } from "../changes/compute-changes.js";
import { changesToJson } from "../../provider/model/changes/compare.js";

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
    if (options.json) context.out.json(changesToJson(pending));
    else print(context.out, seen, options.diff ?? false);
    return options.detailedExitcode && pending.length + seen.away.size > 0 ? 2 : 0;
  },
});
