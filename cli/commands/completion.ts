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
  options: [{ flags: "--words", does: "What may follow these words; the scripts ask this", hidden: true }],
  details: "Commands, options, and the services of the compose file here. Shells: bash, zsh, fish.",
  examples: [
    ["completion bash", `in ~/.bashrc: eval "$(k2-compose completion bash)"`],
    ["completion zsh", `in ~/.zshrc, behind compinit: eval "$(k2-compose completion zsh)"`],
    ["completion fish", "into ~/.config/fish/completions/k2-compose.fish"],
  ],

  run: async (context, { args, options }) => {
    if (options.words) {
      // A file with mistakes is not to be complained about at every keystroke.
      const found = await candidates(context, args).catch(() => []);
      return found.forEach((word) => context.out.line(word));
    }
    const [shell = ""] = args;
    if (!Object.hasOwn(scripts, shell))
      throw new K2Error("usage", `say for which shell: ${Object.keys(scripts).join(", ")}`, {
        hint: "`k2-compose completion --help` shows where its output goes.",
      });
    context.out.write(scripts[shell as keyof typeof scripts]);
  },
});
