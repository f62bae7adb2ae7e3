import { forEachService } from "../application/for-each-service.js";
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
    { flags: "-t, --timeout <seconds>", does: "Specify a shutdown timeout in seconds", number: true },
    { flags: "--no-deps", does: "Do not restart dependent services" },
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
  ],
  details:
    "Restarts services in the order of their dependencies, and waits for the checks of each before restarting the\n" +
    "next. Services that depend on them with `restart: true`, or share their network namespace, are restarted too.",

  run: async (context, { args, options: { timeout, deps, yes } }) => {
    const named = await targets(context, args);
    const services = deps ? withDependents(named, (await context.live()).services) : named;
    await confirmAll(context, { doing: "restart ALL-Services", names: args, yes });
    const awaited = awaitedAmong(services);
    const { signal } = context;
    let code = 0;
    for (const service of waves(services).flat()) {
      code ||= await forEachService(context, [service], {
        doing: "Stopping",
        order: "stop",
        run: (one, engine) => stopService(one, engine, { timeout, signal }),
      });
      const stopped = {
        ...service,
        containers: service.containers.map((container) => ({ ...container, state: "exited" })),
      };
      code ||= await forEachService(context, [stopped], {
        doing: "Starting",
        order: "start",
        run: (one, engine) => startService(one, engine, { awaited: awaited(one), signal }),
      });
      if (code !== 0) break;
    }
    return code;
  },
});
