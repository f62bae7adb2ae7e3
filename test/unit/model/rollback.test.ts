import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  runBeforeChange,
  failuresOf,
  notRolledBack,
  placesToRollBack,
  planRollback,
} from "../../../provider/model/history/rollback.js";
import { printPlan } from "../../../provider/model/plan/plan.js";
import type { StackState } from "../../../provider/model/stack-state.js";
import { planOf } from "../../support/model/plans.js";
import { stateOf } from "../../support/model/state-of-plan.js";

const shop = (tag: number, update = "failure_action: rollback", more = "") => `
hosts: {a: "tcp://a:2375", b: "tcp://b:2375", c: "tcp://c:2375"}
services:
  web:
    image: web:${tag}
    host: [a, b, c]
    environment: {VERSION: "${tag}"}
    deploy: {update_config: {parallelism: 1, ${update}}${more}}
  side: {image: "side:1", host: [a, b, c], network_mode: "service:web"}
  other: {image: "other:${tag}", host: a}
`;
const around = { holders: () => [], workingDir: "/shop", configFiles: [], others: [] };

/** Returns a state with the named services as in `later`, and all others as in `before`. */
function mixed(before: StackState, later: StackState, names: string[]): StackState {
  const pick = <T extends { name: string }>(old: T[], young: T[], wanted: (name: string) => boolean) => [
    ...old.filter(({ name }) => !wanted(name) || !young.some((one) => one.name === name)),
    ...young.filter(({ name }) => wanted(name) || !old.some((one) => one.name === name)),
  ];
  return {
    ...later,
    images: pick(before.images, later.images, () => false),
    hostImages: pick(before.hostImages, later.hostImages, () => false),
    services: pick(before.services, later.services, (name) => names.includes(name)),
  };
}

describe("the rollback of updated hosts", () => {
  it("must apply to services with failure_action: rollback that failed on a reachable host", async () => {
    const failed = (text: string, ids: string[], away: string[] = []) =>
      planOf(text).then((plan) =>
        Object.fromEntries(failuresOf(plan, { failed: new Set(ids), away: new Set(away) })),
      );
    assert.deepEqual(await failed(shop(2), ["service web@b"]), { web: ["web@b"] });
    assert.deepEqual(await failed(shop(2), ["image web:2@c"]), { web: ["web@c"] });
    assert.deepEqual(await failed(shop(2), ["service web@b"], ["b"]), {});
    assert.deepEqual(await failed(shop(2), ["service other@a", "service side@a"]), {});
    assert.deepEqual(await failed(shop(2, "failure_action: pause"), ["service web@b"]), {});
    assert.deepEqual(await failed(shop(2, "delay: 1s"), ["service web@b"]), {});
    assert.deepEqual(await failed(shop(2).replaceAll("[a, b, c]", "a"), ["service web@a"]), {
      web: ["web@a"],
    });
  });

  it("must be reported when stock Pulumi does not do it", async () => {
    const plan = await planOf(shop(2));
    assert.deepEqual(notRolledBack(plan, new Set(["service web@b", "service web@c"])), [
      "not done: web@b, web@c; not rolled back: web@a. `k2-compose rollback` restores all hosts",
    ]);
    assert.deepEqual(notRolledBack(plan, new Set(["service other@a"])), []);
  });

  it("must find changed and new resources", async () => {
    const then = stateOf(await planOf(shop(1).replaceAll("[a, b, c]", "[a, b]")), "-1");
    const later = stateOf(await planOf(shop(2)), "-2");
    const now = mixed(then, later, ["web@a", "web@c", "other@a"]);
    const places = (state: StackState, failed: string[]) =>
      placesToRollBack("web", { then, now: state, failed });
    assert.deepEqual(places(now, ["web@b", "web@c"]), {
      ...{ back: ["web@a"], fresh: ["web@c"], doubtful: ["web@b"] },
    });
    assert.deepEqual(places(then, []), { back: [], fresh: [], doubtful: [] });
    const unfinished = {
      ...then,
      services: then.services.map((one) => ({ ...one, unfinished: one.name.startsWith("web@") })),
    };
    assert.deepEqual(places(unfinished, ["web@b"]), {
      ...{ back: ["web@a"], fresh: [], doubtful: ["web@b"] },
    });
  });

  it("must look past failures of the same change, and no further", async () => {
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(async (tag) => stateOf(await planOf(shop(tag)), `-${tag}`)),
    );
    const well = (state: StackState) => ({ isWell: true, state });
    const failed = (state: StackState) => ({ isWell: false, state });
    const half = mixed(one!, two!, ["web@a"]);
    assert.equal(runBeforeChange([], "web@b"), -1);
    assert.equal(runBeforeChange([well(one!)], "web@b"), 0);
    assert.equal(runBeforeChange([well(one!), failed(half)], "web@b"), 0, "killed before the rollback");
    assert.equal(runBeforeChange([well(one!), failed(half), failed(half)], "web@b"), 0);
    assert.equal(runBeforeChange([well(one!), well(half)], "web@b"), 1, "the change of web@a was deployed");
    assert.equal(runBeforeChange([well(one!), failed(two!)], "web@b"), 1, "another service failed");
    assert.equal(
      runBeforeChange([well(one!), failed(two!), failed(mixed(two!, three!, ["web@a"]))], "web@b"),
      1,
    );
    assert.equal(runBeforeChange([well(one!), failed(half)], "web@d"), 1, "the service is new");
  });

  it("must plan the hosts' earlier services with their dependents, and nothing else", async () => {
    const then = stateOf(await planOf(shop(1)), "-1");
    const now = mixed(then, stateOf(await planOf(shop(2)), "-2"), ["web@a", "other@a"]);
    const back = planRollback(now, [{ then, names: ["web@a"] }], { ...around, now });
    assert.deepEqual([...back.services].sort(), ["service side@a", "service web@a"]);
    assert.deepEqual([...back.images].sort(), ["image side:1@a", "image web:1@a"]);
    assert.deepEqual([...back.missing], []);
    const of = (id: string) => back.plan.nodes.find((node) => node.id === id)!;
    assert.equal((of("service web@a").inputs as { image: string }).image, "web:1");
    assert.equal((of("service other@a").inputs as { image: string }).image, "other:2");
    assert.deepEqual(of("image web:1@a").context, {
      ...{ digest: "local", pinned: { imageId: "sha256:web:1-1", holders: [] } },
    });
    assert.equal(back.plan.project, then.services[0]!.inputs.project);
  });

  it("must include dependents that the run has changed, in their new version, and failed ones in their earlier", async () => {
    const text = (tag: number) =>
      `${shop(tag)}  app: {image: "app:${tag}", host: b, depends_on: {web: {condition: service_started, restart: true}}}\n`;
    const then = stateOf(await planOf(text(1)), "-1");
    const later = stateOf(await planOf(text(2)), "-2");
    for (const { name, unfinished } of [
      { name: "side@a", unfinished: false },
      { name: "app@b", unfinished: false },
      { name: "app@b", unfinished: true },
    ]) {
      const now = mixed(then, later, ["web@a", name]);
      now.services = now.services.map((one) => (one.name === name ? { ...one, unfinished } : one));
      now.images = [...now.images, ...later.images.filter((one) => one.name === "app:2")];
      now.hostImages = [...now.hostImages, ...later.hostImages.filter((one) => one.name === "app:2@b")];
      const back = planRollback(now, [{ then, names: ["web@a"] }], { ...around, now });
      assert.deepEqual([...back.services].sort(), ["service app@b", "service side@a", "service web@a"]);
      const app = back.plan.nodes.find(({ id }) => id === "service app@b")!;
      const isNew = name === "app@b" && !unfinished;
      assert.equal((app.inputs as { image: string }).image, isNew ? "app:2" : "app:1");
    }
  });

  it("must omit resources that never became healthy, and restore those that the state has lost", async () => {
    const then = stateOf(await planOf(shop(1)), "-1");
    const now = mixed(then, stateOf(await planOf(shop(2)), "-2"), ["web@a", "other@a"]);
    const other = now.services.find(({ name }) => name === "other@a")!;
    other.outputs = {};
    now.images = now.images.filter(({ name }) => name !== "web:1");
    const back = planRollback(now, [{ then, names: ["web@a"] }], { ...around, now });
    assert.ok(!back.plan.nodes.some(({ id }) => id === "service other@a"));
    assert.deepEqual([...back.missing], ["image web:1"]);
  });

  it("must go host by host with rollback_config", async () => {
    const text = (size: number) =>
      shop(1, "failure_action: rollback", `, rollback_config: {parallelism: ${size}}`);
    const orderOf = async (size: number) => {
      const then = stateOf(await planOf(text(size)), "-1");
      const now = stateOf(await planOf(text(size).replace("web:1", "web:2")), "-2");
      const back = planRollback(now, [{ then, names: ["web@a", "web@b", "web@c"] }], { ...around, now });
      const lines = printPlan(back.plan).match(/^service web@.*$/gm)!;
      return lines.map((line) => line.match(/service web@./g)!.join(" < "));
    };
    assert.deepEqual(await orderOf(0), ["service web@a", "service web@b", "service web@c"]);
    assert.deepEqual(await orderOf(1), [
      ...["service web@a", "service web@b < service web@a", "service web@c < service web@b"],
    ]);
    assert.deepEqual(await orderOf(2), [
      ...["service web@a", "service web@b", "service web@c < service web@a < service web@b"],
    ]);
  });

  it("must not hang on states with contradicting orders", async () => {
    const order = (first: string, second: string) => `
hosts: {a: "tcp://a:2375", b: "tcp://b:2375"}
services:
  ${first}: {image: one, host: [a, b], depends_on: [${second}], environment: {V: "${first}"}}
  ${second}: {image: one, host: [a, b], environment: {V: "${first}"}}
`;
    const then = stateOf(await planOf(order("web", "db")), "-1");
    const now = stateOf(await planOf(order("db", "web")), "-2");
    const back = planRollback(now, [{ then, names: ["web@a"] }], { ...around, now });
    assert.equal(back.plan.nodes.filter(({ kind }) => kind === "service").length, 4);
  });
});
