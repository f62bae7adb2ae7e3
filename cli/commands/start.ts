import { forEachService } from "../application/for-each-service.js";
import { defineCommand } from "../command.js";
import { awaitedAmong, startService } from "../application/start-stop.js";
import { targets } from "../application/targets.js";

interface Options {
  wait?: boolean;
  waitTimeout?: number;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "--wait", does: "Wait for services to be running|healthy, also those that no other depends on" },
    {
      flags: "--wait-timeout <seconds>",
      does: "Maximum duration in seconds to wait for each container",
      number: true,
    },
  ],
  details:
    "Starts dependencies first, and waits for their checks to pass before starting dependents. Only existing\n" +
    "containers are started; use `k2-compose up` to create missing ones.",

  run: async (context, { args, options: { wait = false, waitTimeout } }) => {
    const services = await targets(context, args);
    const awaited = awaitedAmong(services);
    const { application } = await context.live();
    const limit = waitTimeout === undefined ? undefined : waitTimeout * 1000;
    return forEachService(context, services, {
      doing: "Starting",
      order: "start",
      run: (service, engine) =>
        startService(service, engine, {
          awaited: wait || awaited(service),
          limit,
          preStart: application,
          signal: context.signal,
        }),
    });
  },
});
