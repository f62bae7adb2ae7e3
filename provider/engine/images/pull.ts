import { K2Error } from "../../shared/errors.js";
import { byDigest, parseImageReference, withDefaultTag } from "../../model/images/reference.js";
import type { Engine } from "../connection/connect.js";
import { untilAborted } from "../connection/deadline.js";
import { type Image, inspectImage, tag } from "./image.js";
import { LayerProgress, type Progress, type ProgressLine } from "./progress.js";
import { registryFailure } from "./registry-failure.js";
import { registryLines } from "./registry-lines.js";
import { inSlot } from "../connection/host-slots.js";
import type { Stalling } from "./stall-watch.js";

interface Pull extends Stalling {
  /** "linux/arm64" */
  platform?: string;
  /** Pull this digest, then tag it with the reference's name. */
  digest?: string;
  onProgress?: (progress: Progress) => void;
  /**
   * Receives each line of the engine. If the pull is already running, the last line of each layer is repeated first.
   */
  onLine?: (line: ProgressLine) => void;
  signal?: AbortSignal;
}

type Listener = Pick<Pull, "onProgress" | "onLine" | "onSlow">;

/** Pulls an image from its registry. Concurrent calls for the same image share one pull. */
export async function pull(engine: Engine, reference: string, options: Pull = {}): Promise<Image> {
  const { platform, digest, timeout, signal = new AbortController().signal } = options;
  const key = JSON.stringify([engine.host.name, withDefaultTag(reference), platform, digest]);
  const pulls = engine.memory.of(newPulls);
  let running = pulls.get(key);
  if (running === undefined) {
    running = new SharedPull((started) =>
      pullOnce(engine, reference, { platform, digest, timeout }, started),
    );
    pulls.set(key, running);
    running.image.catch(() => undefined);
  }
  try {
    return await running.join(signal, options);
  } catch (error) {
    if (!signal.aborted || K2Error.is(error)) throw error;
    throw new K2Error("cancelled", `pull ${reference}: cancelled`, { at: engine.host.name, cause: error });
  } finally {
    // A pull that all callers have abandoned cannot be joined.
    if (running.abandoned && pulls.get(key) === running) pulls.delete(key);
  }
}

const newPulls = () => new Map<string, SharedPull>();

type Shared = { [Name in keyof Listener]-?: NonNullable<Listener[Name]> } & { signal: AbortSignal };

/** Continues while at least one caller waits for it. */
class SharedPull {
  readonly image: Promise<Image>;
  private readonly stop = new AbortController();
  private readonly listeners = new Set<Listener>();
  private readonly lines = new Map<string | undefined, ProgressLine>();
  private waiting = 0;

  get abandoned(): boolean {
    return this.waiting === 0;
  }

  constructor(start: (shared: Shared) => Promise<Image>) {
    const onProgress = (progress: Progress) =>
      this.listeners.forEach((listener) => listener.onProgress?.(progress));
    const onLine = (line: ProgressLine) => {
      this.lines.set(line.id, line);
      this.listeners.forEach((listener) => listener.onLine?.(line));
    };
    const onSlow = (text: string) => this.listeners.forEach((listener) => listener.onSlow?.(text));
    this.image = start({ signal: this.stop.signal, onProgress, onLine, onSlow });
  }

  async join(signal: AbortSignal, listener: Listener): Promise<Image> {
    this.waiting++;
    this.listeners.add(listener);
    for (const line of this.lines.values()) listener.onLine?.(line);
    try {
      return await untilAborted(signal, this.image);
    } finally {
      this.listeners.delete(listener);
      if (--this.waiting === 0) this.stop.abort();
    }
  }
}

async function pullOnce(
  engine: Engine,
  reference: string,
  what: Pick<Pull, "platform" | "digest" | "timeout">,
  shared: Shared,
): Promise<Image> {
  const { signal } = shared;
  const wanted = what.digest === undefined ? withDefaultTag(reference) : byDigest(reference, what.digest);
  try {
    const fetch = () => transfer(engine, wanted, { ...what, title: `pull ${reference}` }, shared);
    await inSlot("pull", engine, fetch, signal);
  } catch (error) {
    throw registryFailure(error, "pull", reference, engine.host);
  }
  if (what.digest !== undefined && parseImageReference(reference).digest === undefined)
    await tag(engine, wanted, reference, signal);
  const image = await inspectImage(engine, wanted, signal);
  if (image === undefined)
    throw new K2Error("engine", `pull ${reference}: ended without an error and without an image`, {
      at: engine.host.name,
    });
  return image;
}

async function transfer(
  engine: Engine,
  reference: string,
  { title, platform, timeout }: Pick<Pull, "platform" | "timeout"> & { title: string },
  { signal, onProgress, onLine, onSlow }: Shared,
): Promise<void> {
  const { name, tag: written, digest } = parseImageReference(reference);
  const layers = new LayerProgress("pull", engine.host.name);
  for await (const line of registryLines(engine, reference, {
    path: "/images/create",
    query: { fromImage: name, tag: digest ?? written, platform },
    ...{ title, signal, timeout, onSlow },
  })) {
    const progress = layers.add(line);
    if (progress !== undefined) onProgress(progress);
    onLine(line);
  }
}
