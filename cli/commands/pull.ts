import { inspectImage } from "../../provider/engine/images/image.js";
import { type Progress, type ProgressLine, withBar } from "../../provider/engine/images/progress.js";
import { pull } from "../../provider/engine/images/pull.js";
import { defaultPlatform } from "../../provider/planning/default-platform.js";
import { K2Error } from "../../provider/shared/errors.js";
import { whyNotPulled } from "../../provider/model/images/pull-policy.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { Layers } from "../images/pull-layers.js";
import { runInOrder, type Task } from "../terminal/ordered-progress.js";
import { imageOf, type LiveService } from "../application/live-application.js";
import { onReachableHosts, targets } from "../application/targets.js";

interface Options {
  yes?: boolean;
  quiet?: boolean;
  ignorePullFailures?: boolean;
  ignoreBuildable?: boolean;
  policy?: string;
  includeDeps?: boolean;
}

export default defineCommand<Options>({
  args: "[service...]",
  options: [
    { flags: "-y, --yes", does: "Run non-interactively: assume yes" },
    { flags: "-q, --quiet", does: "Pull without printing progress information" },
    { flags: "--ignore-pull-failures", does: "Pull what it can and ignore images with pull failures" },
    { flags: "--ignore-buildable", does: "Ignore images that can be built" },
    { flags: "--include-deps", does: "Also pull services declared as dependencies" },
    {
      flags: "--policy <policy>",
      does: "Apply this pull policy to all services",
      choices: ["missing", "always"],
    },
  ],
  details:
    "Each host pulls the images of its services. Containers are not restarted: ps shows `changed` if a newer image is\n" +
    "available, and the next up recreates the containers. As in docker compose, services with `pull_policy: never` or\n" +
    "`build` are skipped, and those with `missing` if the image exists, unless its tag is latest; without a pull\n" +
    "policy, all images are pulled.",

  run: async (context, { args, options }) => {
    const { yes, quiet, ignorePullFailures } = options;
    const chosen = await targets(context, args, { dependencies: options.includeDeps });
    await confirmAll(context, { doing: "update ALL-Services Images", names: args, yes });
    const { services, dead } = onReachableHosts(context, chosen);
    const hosts = new Set(services.map(({ host }) => host.name));
    const tasks = services.map((service): Task => {
      const label = hosts.size > 1 ? `${service.service}@${service.host.name}` : service.service;
      return {
        label,
        before: `Pulling ${label} (${imageOf(service) ?? "built here"})...`,
        work: (...report) => pullOne(context, service, report, options),
      };
    });
    const code = await runInOrder(context, tasks, { quiet, ignoreFailures: ignorePullFailures });
    return dead ? exitCodeOf("unreachable") : code;
  },
});

/** Returns the lines to print for it. */
async function pullOne(
  context: Context,
  service: LiveService,
  [show, onSlow]: Parameters<Task["work"]>,
  { policy = service.definition?.pull_policy, ignoreBuildable }: Options,
): Promise<string[]> {
  const image = imageOf(service);
  const { signal } = context;
  if (image === undefined || isOnlyBuilt(service)) return ["Status: skipped, the image is built"];
  if (ignoreBuildable && service.definition?.build) return ["Status: skipped, the image can be built"];
  try {
    const engine = await context.engine(service.host);
    const before = await inspectImage(engine, image, signal);
    const reason = whyNotPulled(image, policy, before !== undefined);
    if (reason !== undefined) return [`Status: not pulled, ${reason}`];
    const { project } = await context.application();
    const own = (service.definition ?? service.deployed?.inputs)?.platform;
    const platform = own ?? (project && defaultPlatform(project));
    const layers = new Layers();
    let sum = "pull";
    const onProgress = (progress: Progress) => void (sum = withBar(progress));
    const onLine = (line: ProgressLine) => {
      layers.add(line);
      show([sum, ...layers.moving()].join("\n  "));
    };
    const after = await pull(engine, image, {
      ...{ signal, onProgress, onLine, onSlow, ...(platform && { platform }) },
      timeout: service.definition?.pull_timeout,
    });
    const digest = after.digests[0]?.split("@")[1];
    const news = before?.id === after.id ? "Image is up to date for" : "Downloaded newer image for";
    return [...layers.settled(), ...(digest ? [`Digest: ${digest}`] : []), `Status: ${news} ${image}`];
  } catch (cause) {
    throw service.definition?.build ? withBuildHint(cause, service.service) : cause;
  }
}

/** An image without a name in the file has a generated name, which no registry knows. */
function isOnlyBuilt({ definition }: LiveService): boolean {
  return definition?.build !== undefined && definition.image === undefined;
}

function withBuildHint(cause: unknown, service: string): unknown {
  if (!K2Error.is(cause) || cause.code !== "not-found") return cause;
  const hint = `The service has a build section: run \`k2-compose up --build ${service}\`.`;
  return new K2Error(cause.code, cause.what, { at: cause.at, hint, cause });
}
