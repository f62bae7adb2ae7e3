/** What the file both builds and names, from where it is built into its registry. */
import { push } from "../../provider/engine/images/push.js";
import type { HostRef } from "../../provider/model/kinds.js";
import type { Context } from "../application/context.js";
import { inTurn, type Speech, type Turn } from "../terminal/ordered-progress.js";
import type { LiveService } from "../application/live-application.js";

interface Pushed {
  image: string;
  host: HostRef;
}

/** Several services may use one image: the first that builds it builds it on the first of its hosts. */
export function pushedOf(services: LiveService[]): Pushed[] {
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

/** With what build.tags says. */
export function namesOf(image: string, build: object | undefined): string[] {
  return [image, ...((build as { tags?: string[] } | undefined)?.tags ?? [])];
}

/** Returns the exit code; of nothing it is said that it is nothing. */
export function pushAll(context: Context, images: Pushed[], speech: Speech): Promise<number> {
  const { signal } = context;
  if (images.length === 0 && !speech.quiet)
    context.out.line("Nothing to push: no service has both build: and image:.");
  const turns = images.map(({ image, host }): Turn => ({
    label: image,
    work: async (show) => {
      const onProgress = ({ text }: { text: string }) => show(text);
      const digest = await push(await context.engine(host), image, { onProgress, signal });
      return [`${image} => ${digest}`];
    },
  }));
  return inTurn(context, turns, speech);
}
