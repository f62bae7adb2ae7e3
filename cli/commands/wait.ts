import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { onReachableHosts, targets } from "../application/targets.js";
import down from "./down.js";

interface Options {
  downProject?: boolean;
}

export default defineCommand<Options>({
  args: "<service...>",
  options: [
    { flags: "--down-project", does: "Then remove the project and its orphans, without confirmation" },
  ],
  details:
    "Prints the exit code of each container when it stops. Exits with the first exit code that is not 0.",

  run: async (context, { args, options }) => {
    const { services, dead } = onReachableHosts(context, await targets(context, args, { required: true }));
    const containers = services.flatMap((service) =>
      service.containers.map((container) => ({ service, container })),
    );
    const away = dead ? exitCodeOf("unreachable") : 0;
    if (containers.length === 0 && dead) return away;
    if (containers.length === 0)
      throw new K2Error("not-found", `${args.join(", ")}: no containers to wait for`, {
        hint: "Run `k2-compose up` to create them.",
      });
    let code = 0;
    await Promise.all(
      containers.map(async ({ service, container }) => {
        const engine = await context.engine(service.host);
        const { StatusCode } = await engine.post<{ StatusCode: number }>(`/containers/${container.id}/wait`, {
          timeout: Infinity,
          signal: context.signal,
        });
        code ||= StatusCode;
        context.out.line(containers.length === 1 ? String(StatusCode) : `${container.name} ${StatusCode}`);
      }),
    );
    if (options.downProject)
      await context.withFresh((now) =>
        down.run(now, { args: [], options: { yes: true, removeOrphans: true } }),
      );
    return code || away;
  },
});
