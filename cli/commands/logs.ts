import { K2Error } from "../../provider/shared/errors.js";
import { defineCommand } from "../command.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { followLogs } from "../logs/logs.js";
import { newcomersOf } from "../logs/newcomers.js";
import { moment } from "../arguments/time-argument.js";
import { matches } from "../arguments/select.js";
import { reachable, targets } from "../application/targets.js";

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
    { flags: "-f, --follow", does: "Go on with what they write from now on" },
    { flags: "-n, --tail <lines>", does: "Only the last lines of each container" },
    { flags: "--since <time>", does: "From then on: 2026-01-02T03:04:05Z, or 10m (ago)" },
    { flags: "--until <time>", does: "Up to then" },
    { flags: "-t, --timestamps", does: "With times" },
    { flags: "--no-log-prefix", does: "Without names of containers" },
    { flags: "--index <n>", does: "Only the container of this number", number: true },
  ],
  details:
    "Lines of all containers come together, on whatever hosts they run; where that is more than one, the name in front\n" +
    "says which. '*' means all services. With -f a container that is started again, and a host that was away, go on where they\n" +
    "were; containers that begin meanwhile (a service is scaled, or made anew) join in. It ends with the last of them.",
  examples: [
    ["logs -f web", "follow one service"],
    ["logs --tail 20 '*'", "the last lines of everything"],
  ],

  run: async (context, { args, options: { logPrefix, index, tail, follow, ...options } }) => {
    const span = { since: moment(options.since), until: moment(options.until) };
    if (tail !== undefined && !/^(\d+|all)$/.test(tail))
      throw new K2Error("usage", `--tail: ${tail} is no number of lines`, { hint: "20, or all." });
    const chosen = await targets(context, args, { required: true });
    const { services, dead } = reachable(context, chosen);
    const wanted = services.map((service) => ({
      ...service,
      containers: service.containers.filter(
        ({ labels }) => !index || Number(labels["com.docker.compose.container-number"]) === index,
      ),
    }));
    const names = wanted.flatMap(({ containers }) => containers.map(({ name }) => name));
    if (logPrefix && names.length > 0) context.out.note(`Attaching to ${names.join(", ")}`);
    for (const { service, containers, host } of wanted)
      if (containers.length === 0) context.out.warn(`${service} has no container on ${host.name}`);
    await followLogs(context, wanted, {
      ...{ ...span, tail, follow, timestamps: options.timestamps, prefix: logPrefix, signal: context.signal },
      newcomers: newcomersOf(
        await context.live(),
        (service, host, number) =>
          (!index || number === index) && args.some((pattern) => matches(pattern, service, host)),
      ),
    });
    if (context.signal.aborted) return exitCodeOf("cancelled");
    return dead ? exitCodeOf("unreachable") : 0;
  },
});
