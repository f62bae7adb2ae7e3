/** Pushes images that the file both builds and names, from the host that builds them. */
import type { Build } from "../../provider/compose/types.js";
import { push } from "../../provider/engine/images/push.js";
import type { HostRef } from "../../provider/model/kinds.js";
import type { Context } from "../application/context.js";
import { runInOrder, type ProgressOptions, type Task } from "../terminal/ordered-progress.js";
import type { LiveService } from "../application/live-application.js";

interface PushableImage {
  image: string;
  host: HostRef;
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
  const all = [...found].flatMap(([image, { host, definition }]) =>
    namesOf(image, definition?.build).map((name) => [name, host] as const),
  );
  return [...new Map(all)].map(([image, host]) => ({ image, host }));
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
  const tasks = images.map(({ image, host }): Task => ({
    label: image,
    work: async (show) => {
      const onProgress = ({ text }: { text: string }) => show(text);
      const digest = await push(await context.engine(host), image, { onProgress, signal });
      return [`${image} => ${digest}`];
    },
  }));
  return runInOrder(context, tasks, speech);
}
