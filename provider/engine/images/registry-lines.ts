import { parseImageReference } from "../../model/images/reference.js";
import type { Engine } from "../connection/connect.js";
import { jsonLines } from "../connection/stream.js";
import type { ProgressLine } from "./progress.js";
import { registryAuthHeader } from "./registry-auth.js";
import { type Stalling, StallWatch } from "./stall-watch.js";

interface Transfer extends Stalling {
  /** "pull redis:7" */
  title: string;
  path: string;
  query: Record<string, string | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/**
 * The lines of a pull or push by the engine, with the user's credentials. When the registry stalls, the request is
 * aborted, which also ends the engine's transfer.
 */
export async function* registryLines<Line extends ProgressLine>(
  engine: Engine,
  reference: string,
  { title, path, query, headers, signal, timeout, onSlow }: Transfer,
): AsyncGenerator<Line> {
  const watch = new StallWatch(parseImageReference(reference).registry, {
    timeout,
    onSlow: (text) => onSlow?.(`${engine.host.name}: ${title}: ${text}`),
  });
  const either = signal === undefined ? watch.signal : AbortSignal.any([signal, watch.signal]);
  try {
    const answer = await engine.stream("POST", path, {
      query,
      headers: { ...headers, ...(await registryAuthHeader(reference, engine.env)) },
      // The first line comes when the registry has answered, with the engine's own retries before that.
      timeout: Infinity,
      signal: either,
    });
    for await (const line of jsonLines<Line>(answer, engine.host, either)) {
      watch.line(line);
      yield line;
    }
  } catch (error) {
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch.end();
  }
}
