import { inspectImage } from "../../provider/engine/images/image.js";
import type { ProgressLine } from "../../provider/engine/images/progress.js";
import { pull } from "../../provider/engine/images/pull.js";
import { defaultPlatform } from "../../provider/planning/default-platform.js";
import { K2Error } from "../../provider/shared/errors.js";
import { whyNotPulled } from "../../provider/model/images/pull-policy.js";
import { defineCommand } from "../command.js";
import { confirmAll } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { exitCodeOf } from "../terminal/exit-codes.js";
import { Layers } from "../images/pull-layers.js";
import { inTurn, type Turn } from "../terminal/ordered-progress.js";
import { imageOf, type LiveService } from "../application/live-application.js";
import { labelOf, reachable, targets } from "../application/targets.js";

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
    { flags: "-y, --yes", does: "Do not ask" },
    { flags: "-q, --quiet", does: "Say nothing but errors" },
    { flags: "--ignore-pull-failures", does: "Succeed though some image could not be had" },
    { flags: "--ignore-buildable", does: "Leave out what has a build section" },
    { flags: "--include-deps", does: "Also what the named services depend on" },
    { flags: "--policy <policy>", does: "Instead of every pull_policy", choices: ["missing", "always"] },
  ],
  details:
    "Every host pulls what its services use. Nothing is restarted: ps says `changed` where a newer image waits, and the\n" +
    "next up takes it. As in docker compose, `pull_policy: never` and `build` are left out, and `missing` where the image\n" +
    "is there, unless its tag is latest; without a policy all is pulled.",

  run: async (context, { args, options }) => {
    const { yes, quiet, ignorePullFailures } = options;
    const chosen = await targets(context, args, { dependencies: options.includeDeps });
    await confirmAll(context, { doing: "update ALL-Services Images", names: args, yes });
    const { services, dead } = reachable(context, chosen);
    const turns = services.map((service): Turn => {
      const label = labelOf(service, services);
      return {
        label,
        before: `Pulling ${label} (${imageOf(service) ?? "built here"})...`,
        work: (show) => pullOne(context, service, show, options),
      };
    });
    const code = await inTurn(context, turns, { quiet, ignoreFailures: ignorePullFailures });
    return dead ? exitCodeOf("unreachable") : code;
  },
});

/** Returns what is to be said of it. */
async function pullOne(
  context: Context,
  service: LiveService,
  show: (text: string) => void,
  { policy = service.definition?.pull_policy, ignoreBuildable }: Options,
): Promise<string[]> {
  const image = imageOf(service);
  const { signal } = context;
  if (image === undefined || isOnlyBuilt(service)) return ["Status: it is built, not pulled"];
  if (ignoreBuildable && service.definition?.build) return ["Status: left out, it can be built"];
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
    const onProgress = ({ text }: { text: string }) => void (sum = text);
    const onLine = (line: ProgressLine) => {
      layers.add(line);
      show([sum, ...layers.moving()].join("\n  "));
    };
    const after = await pull(engine, image, { signal, onProgress, onLine, ...(platform && { platform }) });
    const digest = after.digests[0]?.split("@")[1];
    const news = before?.id === after.id ? "Image is up to date for" : "Downloaded newer image for";
    return [...layers.settled(), ...(digest ? [`Digest: ${digest}`] : []), `Status: ${news} ${image}`];
  } catch (cause) {
    throw service.definition?.build ? withBuildHint(cause, service.service) : cause;
  }
}

/** Its name is made up, and no registry's. */
function isOnlyBuilt({ definition }: LiveService): boolean {
  return definition?.build !== undefined && definition.image === undefined;
}

function withBuildHint(cause: unknown, service: string): unknown {
  if (!K2Error.is(cause) || cause.code !== "not-found") return cause;
  const hint = `It has a build section: \`k2-compose up --build ${service}\` builds it.`;
  return new K2Error(cause.code, cause.what, { at: cause.at, hint, cause });
}
