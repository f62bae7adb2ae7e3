import { defineCommand } from "../command.js";
import { assertReached } from "../changes/assert-reached.js";
import { deploy } from "../deployment/deploy.js";
import { handoverOf } from "../deployment/run-handover.js";
import { findWorkspace, withoutFile } from "../application/workspace.js";
import { K2Error } from "../../provider/shared/errors.js";

interface Options {
  json?: boolean;
}

export default defineCommand<Options>({
  details:
    "Inspects every container and writes changes into the state: limits and restart policies that were changed\n" +
    "manually, and containers that were removed. The next `up` restores what differs from the compose file. Nothing\n" +
    "on the hosts is changed. The command does not need a compose file; -p NAME is enough.",
  options: [{ flags: "--json", does: "Print events as JSON, one object per line" }],
  async run(context, { options }) {
    const { name, project, state } = await context.application();
    const found = await findWorkspace(context, name);
    if (!state)
      throw new K2Error("not-found", `stack ${found.stack} has no deployment`, {
        hint: "Run `k2-compose up` first.",
      });
    const workspace = project ? found : withoutFile(found);
    const { done, silent } = await deploy(context, {
      ...{ workspace, known: true, json: options.json ?? false },
      args: ["refresh"],
      handover: handoverOf(await context.loadOptions()),
    });
    const changed = done.filter(({ op }) => op !== "refresh" && op !== "read");
    const where = silent.size > 0 ? " that answered" : "";
    const same = `The state matches the hosts${where}.`;
    if (!options.json) context.out.note(changed.length === 0 ? same : `${changed.length} changed.`);
    assertReached(silent);
  },
});
