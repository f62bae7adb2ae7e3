import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { endWith, keepWatch, watched } from "../../../provider/engine/connection/liveness.js";

const host = { name: "as", address: "tcp://as:2375" };
const away = () => Promise.reject(new Error("the host is away"));
const there = () => Promise.resolve("OK");

describe("waiting for a silent engine", () => {
  it("must end for a stream when the engine is unreachable", async () => {
    const stream = new PassThrough();
    keepWatch(stream, away, 10);
    await assert.rejects(async () => {
      for await (const chunk of stream) assert.fail(String(chunk));
    }, /the host is away/);
  });

  it("must continue while the engine is reachable", { timeout: 60_000 }, async () => {
    const stream = new PassThrough();
    let asked = 0;
    // Ends after three pings instead of after a fixed time, because a busy machine may run timers late.
    keepWatch(stream, () => there().finally(() => ++asked === 3 && stream.end("done")), 5);
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(String(chunk));
    assert.deepEqual(chunks, ["done"]);
    assert.ok(asked >= 3);
    const before = asked;
    await sleep(30);
    assert.equal(asked, before);
  });

  it("must end for a long call, and only for a long one", async () => {
    const never = ({ signal }: { signal?: AbortSignal }) =>
      new Promise<void>((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
        setTimeout(resolve, 100);
      });
    await assert.rejects(watched({ timeout: 3_600_000 }, away, never, 10), /the host is away/);
    await watched({ timeout: 3_600_000 }, there, never, 10);
    await watched({}, away, never, 10);
  });

  it("must end with the reader's reason", async () => {
    const stream = new PassThrough();
    const stop = new AbortController();
    endWith(stop.signal, stream, host);
    setTimeout(() => stop.abort(), 10);
    await assert.rejects(
      async () => {
        for await (const chunk of stream) assert.fail(String(chunk));
      },
      { code: "cancelled", at: "as" },
    );
  });
});
