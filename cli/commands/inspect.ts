import { basename } from "node:path";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { imageCells, imageRows } from "../images/rows.js";
import { box } from "../terminal/table.js";
import { onReachableHosts, targets } from "../application/targets.js";

interface Options {
  json?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [{ flags: "--json", does: "Format the output as JSON" }],
  details:
    "!(NOT MATCH): the image name now refers to another image than the one that the containers were created from.",

  run: async (context, { args, options: { json } }) => {
    const { services, dead } = onReachableHosts(context, await targets(context, args, { shows: true }));
    const rows = await imageRows(context, services);
    if (json) {
      context.out.json(rows.map(({ members: _, ...row }) => row));
    } else {
      const { project, name } = await context.application();
      const title = basename(project?.files[0] ?? name);
      context.out.block(await box({ title, rows: imageCells(rows), width: context.out.width }));
    }
    return dead ? exitCodeOf("unreachable") : 0;
  },
});
