import type { ImageInputs } from "../../provider/model/inputs.js";
import type { PlanNode } from "../../provider/model/plan.js";
import { withNeeds } from "../../provider/model/plan-dependencies.js";
import { defineCommand } from "../command.js";
import { survey } from "../up/survey.js";
import { targetArguments } from "../up/targets.js";
import { deployChanges } from "./up.js";

interface Options {
  json?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [{ flags: "--json", does: "What happens, a JSON object a line" }],
  details:
    "Builds the images of services with build:, each on the first host that uses it, though nothing of their contexts\n" +
    "changed. No container is touched, and no other host gets the image: the next up does that.",

  run: async (context, { args, options: { json = false } }) => {
    const seen = await survey(context, { patterns: args, options: { build: true, deps: false } });
    const nodes = new Map(seen.plan.nodes.map((node) => [node.id, node]));
    const built = seen.plan.nodes.filter((node) => isBuilt(node) && seen.ids.has(node.id));
    if (built.length === 0) {
      context.out.note("Nothing to build: no service has build:.");
      return;
    }
    const ids = withNeeds(
      nodes,
      built.map(({ id }) => id),
    );
    const changes = seen.changes.filter(({ id, kind }) => ids.has(id) && kind !== "host");
    await deployChanges(context, { ...seen, ids, changes }, targetArguments(seen, ids), json);
  },
});

function isBuilt({ kind, inputs }: PlanNode): boolean {
  return kind === "image" && !("host" in inputs) && (inputs as ImageInputs).build !== undefined;
}
