import { K2Error } from "../../shared/errors.js";
import { parseImageReference } from "../../model/images/reference.js";
import type { Engine } from "../connection/connect.js";
import { LayerProgress, type Progress, type ProgressLine } from "./progress.js";
import { registryFailure } from "./registry-failure.js";
import { registryLines } from "./registry-lines.js";
import type { Stalling } from "./stall-watch.js";
import { inSlot } from "../connection/host-slots.js";

interface Push extends Stalling {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** Pushes an image to the registry in its name; returns its digest there. */
export function push(engine: Engine, reference: string, options: Push = {}): Promise<string> {
  return inSlot("push", engine, () => send(engine, reference, options), options.signal);
}

async function send(engine: Engine, reference: string, { onProgress, ...own }: Push): Promise<string> {
  const { name, tag = "latest" } = parseImageReference(reference);
  try {
    const layers = new LayerProgress("push", engine.host.name);
    let digest: string | undefined;
    for await (const line of registryLines<PushLine>(engine, reference, {
      title: `push ${reference}`,
      path: `/images/${name}/push`,
      query: { tag },
      // The engine refuses a push without the header, even where the registry wants no credentials.
      headers: { "X-Registry-Auth": "e30=" },
      ...own,
    })) {
      digest = line.aux?.Digest ?? pushedDigest.exec(line.status ?? "")?.[1] ?? digest;
      const progress = layers.add(line);
      if (progress !== undefined) onProgress?.(progress);
    }
    if (digest !== undefined) return digest;
  } catch (error) {
    throw registryFailure(error, "push", reference, engine.host);
  }
  throw new K2Error("engine", `push ${reference}: ended without an error and without a digest`, {
    at: engine.host.name,
  });
}

/** Engines with the containerd image store report the digest only in the text. */
const pushedDigest = /: digest: (\S+) size: \d+$/;

interface PushLine extends ProgressLine {
  aux?: { Tag?: string; Digest?: string };
}
