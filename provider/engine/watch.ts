import type { Duplex, Readable } from "node:stream";

/**
 * A host that vanishes closes no connection, so a quiet stream may wait for ever. While nothing comes, the engine is
 * asked whether it is there; if not, the stream ends with the answer's error.
 */
export function keepWatch(stream: Readable | Duplex, ping: () => Promise<unknown>, every = 15_000): void {
  let heard = bytesRead(stream);
  let asking = false;
  const timer = setInterval(() => {
    const now = bytesRead(stream);
    const quiet = now === heard && !stream.isPaused();
    heard = now;
    if (!quiet || asking) return;
    asking = true;
    ping().then(
      () => (asking = false),
      (error: Error) => stream.destroy(error),
    );
  }, every);
  timer.unref();
  stream.once("close", () => clearInterval(timer));
}

function bytesRead(stream: Readable): number {
  const { socket } = stream as { socket?: { bytesRead: number } };
  return socket?.bytesRead ?? (stream as { bytesRead?: number }).bytesRead ?? 0;
}
