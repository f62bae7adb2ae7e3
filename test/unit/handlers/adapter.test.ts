import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "../../../provider/model/kinds.js";
import { Unfinished } from "../../../provider/handlers/process/handler.js";
import { RunMemory } from "../../../provider/handlers/process/run-memory.js";
import { adapt } from "../../../provider/handlers/pulumi/adapter.js";
import { Cancellation } from "../../../provider/handlers/pulumi/cancel.js";
import { EventLog } from "../../../provider/handlers/pulumi/log.js";

const run = {
  memory: new RunMemory(process.env),
  cancellation: new Cancellation(),
  log: new EventLog(undefined),
};

const resource = adapt<object, Context, object>(
  "Service",
  {
    identity: () => "shop web@a",
    create: () => Promise.reject(new Error("not asked for")),
    update: () => Promise.reject(new Error("not asked for")),
  },
  run,
  new Map(),
);

test("a change of null values is reported as a change, which Pulumi itself would not detect", async () => {
  const before = { networks: { default: null }, schema: 1 };
  const diff = (networks: object) => resource.diff("id", before, { networks });
  assert.deepEqual(await diff({ default: null }), { changes: false });
  assert.deepEqual(await diff({ default: null, back: null }), {
    ...{ changes: true, replaces: [], deleteBeforeReplace: false },
  });
  // Here Pulumi detects and shows the changed leaf itself.
  assert.deepEqual(await diff({ default: { aliases: ["www"] } }), {
    ...{ replaces: [], deleteBeforeReplace: false },
  });
});

test("an input that older versions did not write is added with the next change only", async () => {
  const checked = async (news: object, olds: Record<string, unknown>, run = {}) =>
    (await resource.check(olds, { service: "web", ...news, __provider: "p", __k2: { run } })).inputs;
  const olds = { service: "web", image: "web:1", __provider: "o", networks: { back: null } };
  const executable = { configs: { start: true } };
  const news = { image: "web:1", networks: {}, executable };
  assert.ok(!("executable" in (await checked(news, olds))));
  for (const inputs of [
    await checked({ ...news, image: "web:2" }, olds),
    await checked(news, olds, { forceRecreate: true }),
    await checked(news, { ...olds, executable: {} }),
    await checked(news, {}),
  ])
    assert.deepEqual(inputs["executable"], executable);
});

test("an update that fails half-way keeps the state, except what the handler reports as changed", async () => {
  const half = adapt<object, Context, object>(
    "Service",
    {
      identity: () => "shop web@a",
      create: () => Promise.reject(new Unfinished("web", { containerIds: ["1"] }, new Error("too late"))),
      update: () => Promise.reject(new Unfinished("web", { containerIds: ["2"] }, new Error("too late"))),
    },
    run,
    new Map(),
  );
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => assert.fail("it must fail"),
      ({ message, properties }: Error & { properties: object }) => [message, properties],
    );
  await half.check({}, { image: "web:2", __provider: "p", __k2: { run: {} } });
  const news = { image: "web:2", __provider: "p" };
  assert.deepEqual(await failure(half.create(news)), [
    "too late",
    { ...news, containerIds: ["1"], unfinished: true },
  ]);
  const olds = { image: "web:1", __provider: "p", revision: "1", containerIds: ["1"] };
  assert.deepEqual(await failure(half.update("web", olds, news)), [
    "too late",
    { ...olds, containerIds: ["2"], unfinished: true },
  ]);
});

test("an unfinished resource stays unfinished after a refresh, until a run completes it", async () => {
  const web = adapt<object, Context, object>(
    "Service",
    {
      identity: () => "shop db@a",
      drift: () => Promise.resolve([]),
      create: () => Promise.reject(new Error("not asked for")),
      update: () => Promise.resolve({ revision: "1" }),
      read: () => Promise.resolve({ inputs: {}, outputs: { revision: "1" } }),
    },
    run,
    new Map(),
  );
  const inputs = { image: "web:1" };
  const left = { ...inputs, revision: "1", unfinished: true };
  const { props } = await web.read("db", left);
  assert.deepEqual(props, left);
  await web.check(props, { ...inputs, __k2: { run: {} } });
  assert.deepEqual(await web.diff("db", props, inputs), { changes: true });
  const { outs } = await web.update("db", props, inputs);
  assert.deepEqual(outs, { ...inputs, revision: "1" });
  assert.deepEqual(await web.diff("db", outs, inputs), { changes: false });
});

test("values that became secret are encrypted by an update without operations, once", async () => {
  const { diff, check, update } = adapt<object, Context, object>(
    "Service",
    {
      identity: () => "shop web@a",
      drift: () => Promise.resolve([]),
      create: () => Promise.reject(new Error("not asked for")),
      update: () => Promise.reject(new Error("not asked for")),
    },
    run,
    new Map(),
  );
  const inputs = { environment: { TOKEN: "x" }, __provider: "p" };
  const olds = { ...inputs, revision: "1" };
  const encrypted = ["environment.TOKEN"];
  await check({}, { ...inputs, __k2: { run: {}, encrypted } });
  assert.deepEqual(await diff("web", olds, inputs), { changes: true });
  const { outs } = await update("web", olds, inputs);
  assert.deepEqual(outs, { ...olds, encrypted });
  assert.deepEqual(await diff("web", outs, inputs), { changes: false });
});

test("an update that fails half-way keeps no secret that its new inputs do not have", async () => {
  const { check, update } = adapt<object, Context, object>(
    "Service",
    {
      identity: () => "shop web@a",
      create: () => Promise.reject(new Error("not asked for")),
      update: () => Promise.reject(new Unfinished("web", {}, new Error("too late"))),
    },
    run,
    new Map(),
  );
  const news = { environment: { A_TOKEN: "x" }, secret_contents: { a: "1" }, __provider: "p" };
  await check({}, { ...news, __k2: { run: {}, encrypted: ["environment.A_TOKEN"] } });
  const olds = {
    environment: { A_TOKEN: "x", B_TOKEN: "y", MODE: "z" },
    secret_contents: { a: "1", b: "2" },
    encrypted: ["environment.A_TOKEN", "environment.B_TOKEN"],
  };
  const { properties } = await update("web", olds, news).then(
    () => assert.fail("it must fail"),
    (error: Error & { properties: object }) => error,
  );
  assert.deepEqual(properties, {
    environment: { A_TOKEN: "x", MODE: "z" },
    secret_contents: { a: "1" },
    ...{ encrypted: olds.encrypted, unfinished: true },
  });
});
