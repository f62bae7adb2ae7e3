import { defineCommand } from "../command.js";
import { shellLines, type Shell } from "../arguments/shell-export.js";
import { pulumiEnvironment } from "../pulumi/environment.js";

interface Options {
  format: Shell | "json";
}

export default defineCommand<Options>({
  options: [
    {
      flags: "--format <format>",
      does: "Format the output: sh, fish or json",
      choices: ["sh", "fish", "json"],
      default: "sh",
    },
  ],
  details:
    "Prints the folder of the Pulumi CLI (for PATH), the backend of users without a login, a passphrase file\n" +
    "and settings, so that stock `pulumi` works on the same stacks as k2-compose.",
  examples: [
    [`env`, `set the variables in a shell: eval "$(k2-compose env)"`],
    ["env --format fish | source", "set the variables in fish"],
  ],

  run: async ({ env, out }, { options: { format } }) => {
    const variables = pulumiEnvironment(env);
    const { pulumiFolder } = await import("../pulumi/find-cli.js");
    if (pulumiFolder(env).folder === undefined) out.warn(missing);
    if (format === "json") out.json(variables);
    else for (const line of shellLines(variables, format)) out.block(line);
  },
});

const missing =
  "no Pulumi CLI is on PATH or in ~/.pulumi/versions: install it (https://www.pulumi.com/docs/install)";
