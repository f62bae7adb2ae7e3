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
    { flags: "--no-deps", does: "Only these services, without what they depend on" },
    { flags: "-y, --yes", does: "Do not ask" },
  ],
  details:
    "The same as up --scale. The next up without it goes by the file again: `scale:` or `deploy.replicas` lasts.",
  examples: [["scale web=3 worker=2", "three containers of web and two of worker, where the file puts them"]],

  run: (context, { args, options: { deps, yes } }) => {
    const names = args.map((arg) => {
      const [, name] = /^([^=]+)=\d+$/.exec(arg) ?? [];
      if (name === undefined) throw new K2Error("usage", `${arg}: it is SERVICE=NUMBER, as in web=3`);
      return name;
    });
    return up.run(context, { args: names, options: { scale: args, deps, ...(yes && { yes }) } });
  },
});
