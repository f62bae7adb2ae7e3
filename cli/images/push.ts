/** Pushes images that the file both builds and names, from the host that builds them. */
import type { Build } from "../../provider/compose/types.js";
import { push } from "../../provider/engine/images/push.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { longest } from "../../provider/model/images/pull-timeout.js";
import type { Context } from "../application/context.js";
import { runInOrder, type ProgressOptions, type Task } from "../terminal/ordered-progress.js";
import { imageOf, type LiveService } from "../application/live-application.js";

interface PushableImage {
  image: string;
  host: HostRef;
  /** The longest `pull_timeout` of its services, in seconds. */
  timeout?: number | undefined;
}

/** If several services use an image, the first host of the first service that builds it builds it. */
export function pushableImages(services: LiveService[]): PushableImage[] {
  const found = new Map<string, LiveService>();
  for (const service of services) {
    const { build, image } = service.definition ?? {};
    if (!build || image === undefined) continue;
    const known = found.get(image);
    const isBefore = known?.service === service.service && service.host.name < known.host.name;
    if (!known || isBefore) found.set(image, service);
  }
  const all = [...found].flatMap(([image, { host, definition }]) => {
    const timeout = pullTimeoutOf(services.filter((service) => imageOf(service) === image));
    return namesOf(image, definition?.build).map((name) => [name, { host, timeout }] as const);
  });
  return [...new Map(all)].map(([image, how]) => ({ image, ...how }));
}

export function pullTimeoutOf(services: LiveService[]): number | undefined {
  return longest(services.map(({ definition }) => definition?.pull_timeout));
}

/** Includes the names in build.tags. */
export function namesOf(image: string, build: Pick<Build, "tags"> | undefined): string[] {
  return [image, ...(build?.tags ?? [])];
}

/** Returns the exit code. Reports if there is nothing to push. */
export function pushImages(
  context: Context,
  images: PushableImage[],
  speech: ProgressOptions,
): Promise<number> {
  const { signal } = context;
  if (images.length === 0 && !speech.quiet)
    context.out.line("Nothing to push: no service has both a build section and an image name.");
  const tasks = images.map(({ image, host, timeout }): Task => ({
    label: image,
    work: async (show, onSlow) => {
      const onProgress = ({ text }: { text: string }) => show(text);
      const digest = await push(await context.engine(host), image, { onProgress, onSlow, signal, timeout });
      return [`${image} => ${digest}`];
    },
  }));
  return runInOrder(context, tasks, speech);
}
