import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import { candidates } from "../completion/candidates.js";
import { scripts } from "../completion/scripts.js";

interface Options {
  words?: boolean;
}

export default defineCommand<Options>({
  args: "[shell] [words...]",
  completes: [Object.keys(scripts)],
  passThrough: true,
  options: [
    {
      flags: "--words",
      does: "Print the candidates that can follow these words; used by the scripts",
      hidden: true,
    },
  ],
  details:
    "Completes commands, options, and the services of the compose file in the working folder. Shells: bash, zsh,\n" +
    "fish.",
  examples: [
    ["completion bash", `add to ~/.bashrc: eval "$(k2-compose completion bash)"`],
    ["completion zsh", `add to ~/.zshrc, after compinit: eval "$(k2-compose completion zsh)"`],
    ["completion fish", "write to ~/.config/fish/completions/k2-compose.fish"],
  ],

  run: async (context, { args, options }) => {
    if (options.words) {
      // Completion runs at every key, so errors in the compose file are ignored.
      const found = await candidates(context, args).catch(() => []);
      return found.forEach((word) => context.out.line(word));
    }
    const [shell = ""] = args;
    const script = Object.entries(scripts).find(([name]) => name === shell)?.[1];
    if (script === undefined)
      throw new K2Error(
        "usage",
        `${shell === "" ? "no shell given" : `unknown shell: ${shell}`} (available: ${Object.keys(scripts).join(", ")})`,
        {
          hint: "See `k2-compose completion --help` for where to write its output.",
        },
      );
    context.out.write(script);
  },
});
