import { defineCommand } from "../command.js";
import { deploy } from "../deployment/deploy.js";
import { toldOf } from "../deployment/run-handover.js";
import { findWorkspace, withoutFile } from "../application/workspace.js";
import { K2Error } from "../../provider/shared/errors.js";

interface Options {
  json?: boolean;
}

export default defineCommand<Options>({
  details:
    "Looks closely at every container and writes into the state what it finds: limits and restart policies that were " +
    "changed by hand, containers that are gone. The next `up` puts right what differs from the file. Nothing on a host " +
    "is changed, and no compose file is needed: -p NAME is enough.",
  options: [{ flags: "--json", does: "What happens, a JSON object a line" }],
  async run(context, { options }) {
    const { name, project, state } = await context.application();
    const found = await findWorkspace(context, name);
    if (!state)
      throw new K2Error("not-found", `nothing is deployed under ${found.stack}`, {
        hint: "`k2-compose up` comes first.",
      });
    const workspace = project ? found : withoutFile(found);
    const done = await deploy(context, {
      ...{ workspace, known: true, json: options.json ?? false },
      args: ["refresh"],
      told: toldOf(await context.loadOptions()),
    });
    const changed = done.filter(({ op }) => op !== "refresh" && op !== "read");
    if (!options.json)
      context.out.note(
        changed.length === 0 ? "The state is as the hosts are." : `${changed.length} changed.`,
      );
  },
});
