import { act } from "../application/for-each-service.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../terminal/confirm.js";
import { awaitedAmong, startService, stopService } from "../application/start-stop.js";
import { withDependents } from "../application/restart-dependents.js";
import { targets } from "../application/targets.js";
import { waves } from "../application/dependency-waves.js";

interface Options {
  timeout?: number;
  deps: boolean;
  yes?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-t, --timeout <seconds>", does: "Kill what has not stopped by then", number: true },
    { flags: "--no-deps", does: "Without those that say depends_on.restart, or share a namespace" },
    { flags: "-y, --yes", does: "Do not ask" },
  ],
  details:
    "One after the other in the order of their dependencies; the next waits until the checks of the last one pass.\n" +
    "Who says `restart: true` of a dependency, or has its network, is restarted after it.",

  run: async (context, { args, options: { timeout, deps, yes } }) => {
    const named = await targets(context, args);
    const services = deps ? withDependents(named, (await context.live()).services) : named;
    await confirmAll(context, { doing: "restart ALL-Services", names: args, yes });
    const awaited = awaitedAmong(services);
    const { signal } = context;
    let code = 0;
    for (const service of waves(services).flat()) {
      code ||= await act(context, [service], {
        doing: "Stopping",
        order: "stop",
        run: (one, engine) => stopService(one, engine, { timeout, signal }),
      });
      const stopped = {
        ...service,
        containers: service.containers.map((container) => ({ ...container, state: "exited" })),
      };
      code ||= await act(context, [stopped], {
        doing: "Starting",
        order: "start",
        run: (one, engine) => startService(one, engine, { awaited: awaited(one), signal }),
      });
      if (code !== 0) break;
    }
    return code;
  },
});
