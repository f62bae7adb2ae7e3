import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withPatience } from "../../../provider/engine/observe/patience.js";
import type { HostRef } from "../../../provider/model/host-ref.js";

interface Fleet {
  /** Hosts that answer, after so many milliseconds. */
  alive: Record<string, number>;
  /** Hosts that never answer. */
  silent: string[];
  /** Silent hosts that have accepted a connection, or that have not been asked for one. */
  connected?: string[];
  /** Hosts that the command is about; default: all. */
  needed?: string[];
}

describe("the patience of a command that shows services", () => {
  it("must end soon for hosts without a connection, once all others have answered", async () => {
    const { answers, milliseconds } = await answersOf({ alive: { a: 1, b: 20 }, silent: ["c", "d"] });
    assert.deepEqual(answers, ["a", "b", "no c", "no d"]);
    assert.ok(milliseconds >= 490, String(milliseconds));
  });

  it("must not end for a host with a connection, or with the only address of its kind, or without others", async () => {
    const waiting = [
      answersOf({ alive: { a: 1 }, silent: ["c"], connected: ["c"] }),
      answersOf({ alive: { a: 1 }, silent: ["ssh"] }),
      answersOf({ alive: {}, silent: ["c", "d"] }),
    ];
    const first = Promise.race(waiting.map((one) => one.then(() => "ended")));
    assert.equal(await Promise.race([first, sleep(900, "waits")]), "waits");
  });

  it("must end for any host that the command is not about", async () => {
    const { answers } = await answersOf({
      ...{ alive: { a: 1 }, silent: ["c", "ssh"], connected: ["c"] },
      needed: ["a"],
    });
    assert.deepEqual(answers, ["a", "no c", "no ssh"]);
  });

  it("must be as long again as the other hosts took, so that a slow line is no dead host", async () => {
    const { answers } = await answersOf({ alive: { a: 700, b: 1_300 }, silent: [] });
    assert.deepEqual(answers, ["a", "b"]);
  });
});

async function answersOf({ alive, silent, connected = [], needed }: Fleet) {
  const names = [...Object.keys(alive), ...silent];
  const hosts = names.map((name): HostRef => ({
    name,
    address: `${name === "ssh" ? name : "tcp"}://${name}`,
  }));
  const started = performance.now();
  const answers = await withPatience<string>(hosts, {
    answerOf: ({ name }) => (name in alive ? sleep(alive[name], name) : new Promise(() => undefined)),
    hasAnswered: (answer) => answer in alive,
    isConnecting: ({ name }) => !connected.includes(name),
    isNeeded: ({ name }) => needed?.includes(name) ?? true,
    without: ({ name }) => `no ${name}`,
    signal: new AbortController().signal,
  });
  return { answers, milliseconds: performance.now() - started };
}
