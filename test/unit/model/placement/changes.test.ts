import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dataLeftBehind, moves } from "../../../../provider/model/placement/moves.js";
import { place } from "../../../../provider/model/placement/place.js";
import { placed, three } from "../../../support/model/placements.js";
import { project } from "../../../support/model/project.js";

const fleet = {
  agent: { deploy: { mode: "global" } },
  web: { host: "*", scale: 4 },
  worker: { host: "*", scale: 1 },
};

describe("a placement after a change", () => {
  it("uses a new host for new services, and for running ones only with rebalance", () => {
    const before = place(project(fleet, { a: {}, b: {} }));
    assert.deepEqual(before, { agent: { a: 1, b: 1 }, web: { a: 2, b: 2 }, worker: { b: 1 } });
    const grown = project(fleet, three);
    assert.deepEqual(place(grown, before), { ...before, agent: { a: 1, b: 1, c: 1 } });
    assert.deepEqual(Object.keys(place(grown, before, { rebalance: true }).web!), ["a", "b", "c"]);
    const six = project({ ...fleet, web: { host: "*", scale: 6 } }, three);
    assert.deepEqual(place(six, before).web, { a: 2, b: 2, c: 2 });
    const one = project({ ...fleet, web: { host: "*", scale: 1 } }, three);
    assert.equal(Object.keys(place(one, { web: { a: 1, b: 3 } }).web!).length, 1);
  });

  it("leaves a drained host, keeps everything else, and reports data that stays behind", () => {
    const store = {
      host: ["a", "b"],
      scale: 1,
      volumes: [{ type: "volume" as const, source: "data", target: "/data" }],
    };
    const volumes = { data: { name: "shop_data" } };
    const memory = { store: { a: 1 }, web: { a: 2, b: 1 } };
    const services = { store, web: { host: "*", scale: 3 } };
    const drained = project(services, { a: { drain: true }, b: {} }, { volumes });
    const after = place(drained, memory);
    assert.deepEqual(after, { store: { b: 1 }, web: { b: 3 } });
    assert.deepEqual(moves(memory, after), [{ service: "store", from: ["a"], to: ["b"] }]);
    assert.deepEqual(
      dataLeftBehind(drained, moves(memory, after)).map(({ message }) => message),
      ["services.store moves from a to b; volume shop_data stays on a: nothing is copied"],
    );
    assert.deepEqual(placed(drained, memory), [
      "store  b  host: [a, b]; a is draining",
      "web  b x3  host: *; 3 replicas; a is draining",
    ]);
  });

  it("keeps services on a host that is down, and adds new ones only if no other host is possible", () => {
    const what = project(
      { old: { host: "*", scale: 2 }, young: { host: "*", scale: 1 }, only: { host: "a" } },
      { a: {}, b: {} },
    );
    const down = { down: ["a"] };
    const memory = { old: { a: 1, b: 1 } };
    const expected = { old: { a: 1, b: 1 }, only: { a: 1 }, young: { b: 1 } };
    assert.deepEqual(place(what, memory, down), expected);
    assert.deepEqual(place(what, memory, { ...down, rebalance: true }), expected);
  });

  it("does not move running services for a new service of their group", () => {
    const services = {
      side: { host: "*", scale: 1, network_mode: "service:main" },
      main: { host: "*", scale: 1 },
    };
    for (const host of ["a", "b", "c"]) {
      assert.deepEqual(place(project(services, three), { side: { [host]: 1 } }), {
        main: { [host]: 1 },
        side: { [host]: 1 },
      });
    }
  });
});
