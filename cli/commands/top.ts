import { defineCommand } from "../command.js";
import { top } from "../../provider/engine/observe/inspect.js";
import { label } from "../../provider/model/labels.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { list } from "../terminal/table.js";
import { onReachableHosts, targets } from "../application/targets.js";

export default defineCommand({
  args: "[service...]",

  run: async (context, { args }) => {
    const { services, dead } = onReachableHosts(context, await targets(context, args, { shows: true }));
    const running = services.flatMap((service) =>
      service.containers
        .filter(({ state }) => state === "running")
        .map((container) => ({ service, container })),
    );
    const tops = await Promise.all(
      running.map(async ({ service, container }) => {
        const engine = await context.engine(service.host);
        const { Titles, Processes } = await top(engine, container.id);
        const names = [service.service, container.labels[label.number] ?? "1", service.host.name];
        return { titles: Titles, rows: (Processes ?? []).map((process) => [...names, ...process]) };
      }),
    );
    const [first] = tops;
    if (first)
      context.out.block(
        list({ head: ["SERVICE", "#", "HOST", ...first.titles], rows: tops.flatMap(({ rows }) => rows) }),
      );
    return dead ? exitCodeOf("unreachable") : 0;
  },
});
