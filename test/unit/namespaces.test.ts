import assert from "node:assert/strict";
import { test } from "node:test";
import { borrowersOf, lendersOf } from "../../provider/model/namespaces.js";

test("who is in whose namespaces, through others too, lenders first", () => {
  const services = {
    far: { ipc: "service:near", pid: "host" },
    near: { network_mode: "service:web", pid: "service:web", post_start: [{ command: ["true"] }] },
    other: { network_mode: "none" },
    web: {},
  };
  assert.deepEqual(lendersOf(services.near), ["web"]);
  assert.deepEqual(borrowersOf("web", services), [
    { service: "near", post_start: [{ command: ["true"] }] },
    { service: "far" },
  ]);
  assert.deepEqual(borrowersOf("other", services), []);
});
