/** Finds the container for `exec`, `bash`, `port`, `cp` and similar commands. */
import { K2Error } from "../../provider/shared/errors.js";
import { label } from "../../provider/model/labels.js";
import type { ObservedContainer } from "../../provider/model/observed.js";
import type { Context } from "./context.js";
import type { LiveService } from "./live-application.js";
import { onReachableHosts, targets } from "./targets.js";

interface Found {
  service: LiveService;
  container: ObservedContainer;
}

interface FindOptions {
  /** --index */
  index?: number | undefined;
  /** The container must be running. */
  running?: boolean;
  /** Includes containers created by `run`, after the others. */
  oneOffs?: boolean | undefined;
}

/** The first container of the service, or the one with the index. `web@b` selects the host. */
export async function oneContainer(
  context: Context,
  name: string,
  { index, running, oneOffs }: FindOptions = {},
): Promise<Found> {
  const services = await targets(context, [name], { required: true, shows: true });
  const { name: project } = await context.application();
  const found = containersIn(services, oneOffs ? project : undefined);
  const right = found.filter(
    ({ container }) => index === undefined || Number(container.labels[label.number]) === index,
  );
  const [first] = running ? right.filter(({ container }) => container.state === "running") : right;
  if (first) return first;
  const [error] = services.flatMap(({ at }) => at.error ?? []);
  if (error) throw error;
  throw missing(name, right, { index, running });
}

/** All containers of the service on all its hosts, or the one with the index on each. */
export async function allContainers(
  context: Context,
  name: string,
  { index, oneOffs }: Omit<FindOptions, "running">,
): Promise<{ found: Found[]; dead: boolean }> {
  const { services, dead } = onReachableHosts(
    context,
    await targets(context, [name], { required: true, shows: true }),
  );
  const { name: project } = await context.application();
  const found = containersIn(services, oneOffs ? project : undefined).filter(
    ({ container: { labels } }) => index === undefined || Number(labels[label.number]) === index,
  );
  if (found.length === 0 && !dead) throw missing(name, [], { index });
  return { found, dead };
}

/** `oneOffsOf`: the project whose one-off containers are included. */
function containersIn(services: LiveService[], oneOffsOf: string | undefined): Found[] {
  const own = services.flatMap((service) => service.containers.map((container) => ({ service, container })));
  if (oneOffsOf === undefined) return own;
  const others = services.flatMap((service) =>
    (service.at.snapshot?.containers ?? [])
      .filter(
        ({ labels }) =>
          labels[label.project] === oneOffsOf &&
          labels[label.service] === service.service &&
          labels[label.oneoff] === "True",
      )
      .map((container) => ({ service, container })),
  );
  return [...own, ...others];
}

function missing(name: string, there: Found[], { index }: FindOptions): K2Error {
  const number = index === undefined ? "" : ` number ${index}`;
  const [first] = there;
  if (!first)
    return new K2Error("not-found", `${name} has no container${number}`, {
      hint: "Run `k2-compose up` to create it.",
    });
  return new K2Error("conflict", `${first.container.name} is not running (it is ${first.container.state})`, {
    at: first.service.host.name,
    hint: `Run \`k2-compose start ${first.service.service}\` to start it.`,
  });
}
