import assert from "node:assert/strict";
import { test } from "node:test";
import { execute, type ContainerSteps } from "../../../provider/engine/containers/execute.js";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { isTolerated } from "../../../provider/shared/errors.js";
import type { ServiceInputs } from "../../../provider/model/kinds.js";
import { printOperations } from "../../../provider/model/reconcile/operations.js";
import { reconcile } from "../../../provider/model/reconcile/reconcile.js";
import { type Rolling, rollingOf } from "../../../provider/model/reconcile/update-policy.js";
import type { Step } from "../../../provider/model/steps.js";
import { container, desired } from "../../support/model/simulated-engine.js";

const inputs = (change: Partial<ServiceInputs>) => ({ replicas: 2, ...change }) as ServiceInputs;

test("without update_config replicas are replaced one at a time, start-first, and a failure pauses", () => {
  assert.deepEqual(rollingOf(inputs({})), {
    order: "start-first",
    parallelism: 1,
    delay: 0,
    monitor: 1000,
    onFailure: "pause",
    maxFailureRatio: 0,
  });
  assert.equal(rollingOf(inputs({ deploy: { update_config: {} } })).monitor, 5000);
});

test("every attribute of update_config and rollback_config has an effect", () => {
  const update_config = {
    parallelism: 0,
    delay: "1m30s",
    monitor: "2s",
    order: "stop-first" as const,
    failure_action: "rollback",
    max_failure_ratio: 0.5,
  };
  const service = inputs({ replicas: 4, deploy: { update_config, rollback_config: { parallelism: 2 } } });
  const expected: Rolling = {
    order: "stop-first",
    parallelism: 4,
    delay: 90_000,
    monitor: 2000,
    onFailure: "rollback",
    maxFailureRatio: 0.5,
  };
  assert.deepEqual(rollingOf(service), expected);
  assert.equal(rollingOf(service, "rollback_config").parallelism, 2);
});

for (const [why, change] of Object.entries<Partial<ServiceInputs>>({
  "a fixed host port": { ports: [{ target: 80, published: "80" }] },
  "a volume with one writer": { replicas: 1, volumes: [{ type: "volume", source: "data", target: "/data" }] },
  "an address of its own": { networks: { default: { ipv4_address: "10.0.0.9" } } },
  "the host's network": { network_mode: "host" },
})) {
  test(`${why} makes it stop-first`, () => assert.equal(rollingOf(inputs(change)).order, "stop-first"));
}

test("a replacement must pass the service's health_check before the old one is removed", () => {
  const wanted = desired({ probe: true, healthcheck: false });
  assert.equal(
    printOperations(reconcile(wanted, [container("a1", { hash: "old" })])),
    [
      "web@b: 1 running, 1 wanted, configuration changed; start-first, 1 at a time",
      "  create  a1_shop-web-1     configuration changed",
      "  start   a1_shop-web-1     replacement",
      "  probe   a1_shop-web-1     health_check",
      "  stop    shop-web-1        replaced",
      "  remove  shop-web-1        replaced",
      "  rename  a1_shop-web-1 -> shop-web-1 replaces it",
    ].join("\n"),
  );
});

const failing = (count: number): ContainerSteps => ({
  gate: () => Promise.resolve(),
  create: () => (count-- > 0 ? Promise.reject(new Error("no")) : Promise.resolve("new")),
  preStart: () => Promise.resolve(),
  starting: (_id, start) => start(),
  beforeStart: () => Promise.reject(new Error("reached the engine")),
  afterStart: () => Promise.resolve(),
  afterPutBack: () => Promise.resolve(),
  beforeStop: () => Promise.resolve(),
  ownVolumes: () => Promise.resolve([]),
  probe: () => Promise.resolve(),
});

/** Returns how many of four replacements start when the first ones fail, and whether the failure is tolerated. */
async function begun(failures: number, change: Partial<Rolling>): Promise<[number, boolean]> {
  const wanted = desired({ replicas: 4 });
  const olds = [1, 2, 3, 4].map((number) => container(`a${number}`, { number, hash: "old" }));
  const creates: string[] = [];
  const rolling = { ...wanted.rolling, ...change };
  const onStep = ({ op, text }: Step) => op === "create" && creates.push(text);
  const engine = { host: { name: "a" } } as Engine;
  const error = await execute(engine, reconcile(wanted, olds), failing(failures), {
    rolling,
    onStep,
  }).then(
    () => assert.fail("it must fail"),
    (thrown: Error) => thrown,
  );
  assert.match(error.message, /^no/);
  return [creates.length, isTolerated(error)];
}

test("a failure pauses the rest, unless failure_action is continue or max_failure_ratio allows it", async () => {
  assert.deepEqual(await begun(4, {}), [1, false]);
  assert.deepEqual(await begun(4, { onFailure: "continue" }), [4, false]);
  assert.deepEqual(await begun(4, { maxFailureRatio: 0.5 }), [3, false]);
  assert.deepEqual(await begun(4, { maxFailureRatio: 1, onFailure: "rollback" }), [4, true]);
});

test("a restored container runs its own hooks, or none if it never stopped", async () => {
  const hooksOf = async (failsAt: "beforeStop" | "beforeStart") => {
    const hooks: string[] = [];
    let isUp = true;
    const hook = (name: string) => () => {
      hooks.push(name);
      return name === failsAt ? Promise.reject(new Error("no")) : Promise.resolve();
    };
    const hands: ContainerSteps = {
      ...failing(0),
      ...{ beforeStop: hook("beforeStop"), beforeStart: hook("beforeStart"), afterStart: hook("afterStart") },
      afterPutBack: hook("afterPutBack"),
    };
    const engine = {
      get: () => Promise.resolve({ Name: "/shop-web-1", State: { Running: isUp }, RestartCount: 0 }),
      post: (path: string) => Promise.resolve((isUp = path.endsWith("/start"))),
      delete: () => Promise.resolve(),
    };
    const wanted = desired({ healthcheck: false });
    wanted.rolling = { ...wanted.rolling, order: "stop-first" };
    const operations = reconcile(wanted, [container("a1", { hash: "old" })]);
    await assert.rejects(execute(engine as never, operations, hands, { rolling: wanted.rolling }), /no/);
    assert.ok(isUp);
    return hooks;
  };
  assert.deepEqual(await hooksOf("beforeStop"), ["beforeStop"]);
  assert.deepEqual(await hooksOf("beforeStart"), ["beforeStop", "beforeStart", "afterPutBack"]);
});
