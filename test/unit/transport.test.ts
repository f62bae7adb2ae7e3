import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../provider/model/inputs.js";
import { adapt } from "../../provider/handlers/transport.js";

const resource = adapt<object, Context, object>("Service", {
  identity: () => "shop web@a",
  create: () => Promise.reject(new Error("not asked for")),
  update: () => Promise.reject(new Error("not asked for")),
});

test("a change of nothing but nulls is said to be one: Pulumi itself would see none", async () => {
  const before = { networks: { default: null }, schema: 1 };
  const diff = (networks: object) => resource.diff("id", before, { networks });
  assert.deepEqual(await diff({ default: null }), { changes: false });
  assert.deepEqual(await diff({ default: null, back: null }), {
    ...{ changes: true, replaces: [], deleteBeforeReplace: false },
  });
  // Here it finds the leaf by itself, and shows it.
  assert.deepEqual(await diff({ default: { aliases: ["www"] } }), {
    ...{ replaces: [], deleteBeforeReplace: false },
  });
});
