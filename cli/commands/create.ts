import { defineCommand } from "../command.js";
import {
  changeOptions,
  type ChangeOptions,
  quietOptions,
  type QuietOptions,
} from "../changes/change-options.js";
import up from "./up.js";

interface Options extends ChangeOptions, QuietOptions {
  yes?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
    ...changeOptions.filter(({ flags }) => flags !== "--no-start"),
    ...quietOptions,
  ],
  details: "Same as `up --no-start`.",

  run: (context, { args, options }) => up.run(context, { args, options: { ...options, start: false } }),
});
