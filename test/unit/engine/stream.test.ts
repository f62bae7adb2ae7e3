import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import {
  Demultiplexer,
  type Frame,
  frames,
  jsonLines,
  lines,
  readOutput,
} from "../../../provider/engine/connection/stream.js";

const host = { name: "as", address: "tcp://as:2375" };

/** A stream with one byte per chunk, which splits multi-byte characters. */
function bytes(text: string): Readable {
  return Readable.from([...Buffer.from(text)].map((byte) => Buffer.from([byte])));
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const value of values) seen.push(value);
  return seen;
}

describe("a stream of lines", () => {
  it("must be complete, regardless of its chunks, including the last line", async () => {
    assert.deepEqual(await all(lines(bytes("größe\r\n\n漢字"))), ["größe", "", "漢字"]);
  });

  it("must be parsed as JSON, without empty lines", async () => {
    assert.deepEqual(await all(jsonLines(bytes('{"a":"ü"}\r\n\r\n{"b":2}'), host)), [{ a: "ü" }, { b: 2 }]);
  });

  it("must fail at a line that reports an error, with its status", async () => {
    const failed = bytes('{"status":"Pulling"}\n{"errorDetail":{"code":401,"message":"no"},"error":"no"}\n');
    await assert.rejects(all(jsonLines(failed, host)), { code: "engine", status: 401, message: "as: no" });
  });

  it("must fail at a line that is not JSON", async () => {
    await assert.rejects(all(jsonLines(bytes("<html>"), host)), /as: the engine sent invalid JSON: <html>/);
  });

  it("must be closed when its reader stops early", async () => {
    const stream = bytes('{"a":1}\n{"a":2}\n');
    for await (const value of jsonLines(stream, host)) if (value) break;
    assert.ok(stream.destroyed);
  });
});

describe("docker's multiplexed stream", () => {
  const frame = (source: number, text: string) => {
    const header = Buffer.from([source, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  const cut = (buffer: Buffer, size: number) =>
    Readable.from(
      Array.from({ length: Math.ceil(buffer.length / size) }, (_, at) =>
        buffer.subarray(at * size, (at + 1) * size),
      ),
    );
  const read = async (stream: Readable) =>
    (await all(stream.pipe(new Demultiplexer()) as AsyncIterable<Frame>)).map(
      ({ source, data }) => `${source} ${data.toString()}`,
    );
  const text = Buffer.concat([frame(1, "hello"), frame(2, "ö"), frame(1, ""), frame(1, "x".repeat(100))]);
  const expected = ["stdout hello", "stderr ö", "stdout ", `stdout ${"x".repeat(100)}`];

  for (const size of [1, 3, 8, 13, 1000])
    it(`must be cut into its frames from chunks of ${size}`, async () =>
      assert.deepEqual(await read(cut(text, size)), expected));

  it("must not end in the middle of a frame", async () => {
    const stream = new Demultiplexer();
    stream.end(frame(1, "hello").subarray(0, 10));
    await assert.rejects(all(stream), /middle of a frame/);
  });

  it("must end with its source's error", async () => {
    const broken = () => {
      const source = new PassThrough();
      setTimeout(() => source.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" })), 10);
      return source;
    };
    await assert.rejects(read(broken()), /aborted/);
    await assert.rejects(all(frames(broken(), host)), { code: "unreachable", at: "as" });
    await assert.rejects(readOutput(broken(), true, host), { code: "unreachable", at: "as" });
  });

  it("must be distinguished from plain text", async () => {
    const stream = new Demultiplexer();
    stream.end("hello world");
    await assert.rejects(all(stream), /not a multiplexed stream/);
  });
});
