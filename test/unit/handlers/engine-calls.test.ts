/** How often the handlers ask an engine. A count that grows makes each deployment slower. */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { service } from "../../../provider/handlers/service/service.js";
import type { Call } from "../../../provider/handlers/process/handler.js";
import type { ServiceContext, ServiceInputs, ServiceOutputs } from "../../../provider/model/kinds.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";
import { handlerCall } from "../../support/handler-call.js";

const names = ["a", "b", "c"];
let engine: FakeEngine;
let imageId: string;
let deployed: (ServiceInputs & ServiceOutputs)[] = [];

before(async () => {
  engine = await FakeEngine.start();
  imageId = engine.contents.addImage("fake/app:1").Id;
});
after(() => engine.close());

it("a new service must cost two lists beside its creation and its start", async () => {
  const calls = await counted(async (call) => {
    for (const name of names) await service.check?.(inputs(name), context(), false, call);
    deployed = await Promise.all(
      names.map(async (name) => ({
        ...inputs(name),
        ...(await service.create(inputs(name), context(), call)).outputs,
      })),
    );
  });
  assert.deepEqual(calls, {
    ...snapshot,
    "GET /containers/json": 1 + 2 * names.length,
    "POST /containers/create": names.length,
    "POST /containers/ID/start": names.length,
  });
});

it("an unchanged service must cost nothing beside the snapshot of its host", async () => {
  const calls = await counted(async (call) => {
    for (const state of deployed) {
      await service.check?.(inputs(state.service), context(), true, call);
      const reasons = await service.drift?.(inputs(state.service), context(), state, call);
      assert.deepEqual(reasons, []);
    }
  });
  assert.deepEqual(calls, snapshot);
});

it("a removed service must cost a stop and a deletion, and all of a host one list, without a snapshot", async () => {
  const calls = await counted(async (call) => {
    await Promise.all(deployed.map(async (state) => service.delete?.(state, call)));
  });
  assert.deepEqual(calls, {
    "GET /version": 1,
    "GET /containers/json": 1,
    "POST /containers/ID/stop": names.length,
    "DELETE /containers/ID": names.length,
  });
  assert.equal(engine.contents.containers.size, 0);
});

const snapshot = {
  "GET /version": 1,
  "GET /info": 1,
  "GET /containers/json": 1,
  "GET /images/json": 1,
  "GET /networks": 1,
  "GET /volumes": 1,
};

/** The number of each call that the engine receives from a run. */
async function counted(work: (call: Call) => Promise<void>): Promise<Record<string, number>> {
  engine.requests.length = 0;
  const call = handlerCall();
  try {
    await work(call);
  } finally {
    await call.session.close();
  }
  const counts: Record<string, number> = {};
  for (const made of engine.calls()) {
    const kind = made.replace(/[0-9a-f]{64}/, "ID");
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function inputs(name: string): ServiceInputs {
  const host = { name: "one", address: engine.address };
  return { project: "shop", service: name, host, replicas: 1, image: "fake/app:1", command: ["serve"] };
}

function context(): ServiceContext {
  return {
    ...{ run: { stack: "o/p/s" }, imageId, imageHealthcheck: false, shares: {}, networks: {}, volumes: {} },
    ...{ gates: [], workingDir: "/shop", configFiles: [], job: false, hashed: {} },
  };
}
