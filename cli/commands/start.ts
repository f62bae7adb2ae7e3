import { act } from "../act.js";
import { defineCommand } from "../command.js";
import { awaitedAmong, startService } from "../lifecycle.js";
import { targets } from "../targets.js";

export default defineCommand({
  args: "[service...]",
  details:
    "What others depend on starts first, and is waited for until its checks pass. Only what is deployed can be started:\n" +
    "`k2-compose up` creates what is not.",

  run: async (context, { args }) => {
    const services = await targets(context, args);
    const awaited = awaitedAmong(services);
    return act(context, services, {
      doing: "Starting",
      order: "start",
      run: (service, engine) =>
        startService(service, engine, { awaited: awaited(service), signal: context.signal }),
    });
  },
});
