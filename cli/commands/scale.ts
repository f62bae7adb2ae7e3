import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import up from "./up.js";

interface Options {
  deps: boolean;
  yes?: boolean;
}

export default defineCommand<Options>({
  args: "<service=number...>",
  options: [
    { flags: "--no-deps", does: "Do not start linked services" },
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
  ],
  details:
    "Same as up --scale. The next up without --scale uses the number in the compose file; set `scale:` or\n" +
    "`deploy.replicas` to keep it.",
  examples: [
    [
      "scale web=3 worker=2",
      "run three containers of web and two of worker, on the hosts that placement chooses",
    ],
  ],

  run: (context, { args, options: { deps, yes } }) => {
    const names = args.map((arg) => {
      const [, name] = /^([^=]+)=\d+$/.exec(arg) ?? [];
      if (name === undefined) throw new K2Error("usage", `${arg}: must be SERVICE=NUMBER, such as web=3`);
      return name;
    });
    return up.run(context, { args: names, options: { scale: args, deps, ...(yes && { yes }) } });
  },
});
