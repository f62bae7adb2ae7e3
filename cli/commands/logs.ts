import { K2Error } from "../../provider/shared/errors.js";
import { indexOption } from "../arguments/option.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { followLogs } from "../logs/logs.js";
import { newcomersOf } from "../logs/newcomers.js";
import { moment } from "../arguments/time-argument.js";
import { matches } from "../arguments/select.js";
import { onReachableHosts, targets } from "../application/targets.js";

interface Options {
  follow?: boolean;
  tail?: string;
  since?: string;
  until?: string;
  timestamps?: boolean;
  logPrefix: boolean;
  index?: number;
}

export default defineCommand<Options>({
  args: "<service...>",
  options: [
    { flags: "-f, --follow", does: "Follow log output" },
    {
      flags: "-n, --tail <lines>",
      does: "Number of lines to show from the end of the logs for each container",
    },
    {
      flags: "--since <time>",
      does: "Show logs since timestamp (2026-01-02T03:04:05Z) or relative (10m for ten minutes ago)",
    },
    { flags: "--until <time>", does: "Show logs before a timestamp or relative" },
    { flags: "-t, --timestamps", does: "Show timestamps" },
    { flags: "--no-log-prefix", does: "Do not print prefix in logs" },
    indexOption,
  ],
  details:
    "Merges the output of containers on all hosts. If the containers are on more than one host, the prefix contains\n" +
    "the host name. Without names, shows all services (the original k2-compose required names). With -f, the output\n" +
    "continues when a container restarts or a host reconnects, and includes containers that are created or scaled up\n" +
    "later. The command ends when the last container stops.",
  examples: [
    ["logs -f web", "follow one service"],
    ["logs --tail 20", "show the last lines of all services"],
  ],

  whenUnread: 0,
  run: async (context, { args, options: { logPrefix, index, tail, follow, ...options } }) => {
    const span = { since: moment(options.since), until: moment(options.until) };
    if (tail !== undefined && !/^(\d+|all)$/.test(tail))
      throw new K2Error("usage", `--tail: ${tail} is not a number of lines`, {
        hint: "Use a number such as 20, or all.",
      });
    const chosen = await targets(context, args, { shows: true });
    const { services, dead } = onReachableHosts(context, chosen);
    const wanted = services.map((service) => ({
      ...service,
      containers: service.containers.filter(
        ({ labels }) => !index || Number(labels["com.docker.compose.container-number"]) === index,
      ),
    }));
    const names = wanted.flatMap(({ containers }) => containers.map(({ name }) => name));
    if (logPrefix && names.length > 0) context.out.note(`Attaching to ${names.join(", ")}`);
    for (const { service, containers, host } of wanted)
      if (containers.length === 0 && args.length > 0)
        context.out.warn(`${service} has no container on ${host.name}`);
    await followLogs(context, wanted, {
      ...{ ...span, tail, follow, timestamps: options.timestamps, prefix: logPrefix, signal: context.signal },
      newcomers: newcomersOf(
        await context.live(args),
        (service, host, number) =>
          (!index || number === index) &&
          (args.length === 0 || args.some((pattern) => matches(pattern, service, host))),
      ),
    });
    if (context.signal.aborted) return exitCodeOf("cancelled");
    return dead ? exitCodeOf("unreachable") : 0;
  },
});
