import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import { formatOption } from "../arguments/option.js";
import { actions } from "../hosts/actions.js";

interface Options {
  quiet?: boolean;
  shell: "sh" | "fish";
  unset?: boolean;
  format: string;
}

export default defineCommand<Options>({
  args: "[action] [args...]",
  completes: [Object.keys(actions), "hosts"],
  passThrough: ["ssh", "scp"],
  options: [
    { flags: "-q, --quiet", does: "ls: only display names" },
    formatOption("one list"),
    {
      flags: "--shell <shell>",
      does: "env: shell syntax of the output, sh or fish",
      choices: ["sh", "fish"],
      default: "sh",
    },
    { flags: "-u, --unset", does: "env: print commands that unset the variables" },
  ],
  details:
    "Actions:\n" +
    "  ls                 all hosts, whether they answer, and their engines' versions\n" +
    "  env HOST           variables that point docker's own tools at the host\n" +
    "  config HOST        the same as flags for docker\n" +
    "  inspect HOST       the engine, and the services of the file that belong there\n" +
    "  ip, url, status    one value, for scripts\n" +
    "  active             the host that DOCKER_HOST points at\n" +
    "  ssh HOST [COMMAND...], scp FROM TO   over the operator's own ssh, HOST:PATH for files",
  examples: [
    ["hosts", "same as hosts ls"],
    ["hosts env db", `use docker with the engine of db: eval "$(k2-compose hosts env db)"`],
    ["print the IP address of a host", "10.0.0.5"],
  ],

  run: async (context, { args: [action = "ls", ...args], options }) => {
    const run = actions[action];
    if (run) return run(context, args, options);
    throw new K2Error("usage", `unknown action: ${action} (available: ${Object.keys(actions).join(", ")})`);
  },
});
