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
    "  ls                     list hosts, their state and their engines' versions\n" +
    "  env HOST               print variables that connect docker's tools to the host\n" +
    "  config HOST            print the same settings as flags for docker\n" +
    "  inspect HOST           print the engine and the services of the host, as JSON\n" +
    "  ip|url|status HOST...  print one value for each host, for scripts\n" +
    "  active                 print the host that DOCKER_HOST points to\n" +
    "  ssh HOST [COMMAND]     connect with ssh, or run a command on the host\n" +
    "  scp FROM TO            copy files with scp; HOST:PATH is a path on a host",
  examples: [
    ["hosts", "same as hosts ls"],
    ["hosts env db", `use docker with the engine of db: eval "$(k2-compose hosts env db)"`],
    ["hosts ip db", "print the IP address of db, such as 10.0.0.5"],
  ],

  run: async (context, { args: [action = "ls", ...args], options }) => {
    const run = actions[action];
    if (run) return run(context, args, options);
    throw new K2Error("usage", `unknown action: ${action} (available: ${Object.keys(actions).join(", ")})`);
  },
});
