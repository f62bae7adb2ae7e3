import { act } from "../application/for-each-service.js";
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
    { flags: "--wait", does: "Also for the checks of what nothing depends on" },
    { flags: "--wait-timeout <seconds>", does: "At most so long for each container", number: true },
  ],
  details:
    "What others depend on starts first, and is waited for until its checks pass. Only what is deployed can be started:\n" +
    "`k2-compose up` creates what is not.",

  run: async (context, { args, options: { wait = false, waitTimeout } }) => {
    const services = await targets(context, args);
    const awaited = awaitedAmong(services);
    const limit = waitTimeout === undefined ? undefined : waitTimeout * 1000;
    return act(context, services, {
      doing: "Starting",
      order: "start",
      run: (service, engine) =>
        startService(service, engine, { awaited: wait || awaited(service), limit, signal: context.signal }),
    });
  },
});
