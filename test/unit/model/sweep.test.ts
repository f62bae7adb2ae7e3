import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { label } from "../../../provider/model/labels.js";
import type { ObservedNetwork } from "../../../provider/model/observed.js";
import { readState } from "../../../provider/model/stack-state.js";
import { sweepOf } from "../../../provider/model/changes/sweep.js";
import { loaded } from "../../support/model/project.js";

const stack = "organization/shop/dev";
const labels = (kind: "volume" | "network", owner?: string) => ({
  [label.project]: "shop",
  [label[kind]]: "any",
  ...(owner !== undefined && { [label.stack]: owner }),
});
const volume = (name: string, owner?: string) => ({ name, driver: "local", labels: labels("volume", owner) });
const network = (name: string, owner?: string) =>
  ({ name, id: name, driver: "bridge", labels: labels("network", owner) }) as never;

/** Returns a state with resources: kind, name and other inputs. */
function stateOf(...known: [kind: "Volume" | "Network", name: string, inputs: object][]) {
  const resources = known.map(([kind, name, inputs]) => ({
    urn: `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/k2:${kind}::${name}`,
    type: `pulumi-nodejs:dynamic/k2:${kind}`,
    inputs: { project: "shop", name, ...inputs },
  }));
  return readState({ deployment: { resources } });
}

const file = `name: shop
hosts: { a: tcp://a:1, b: tcp://b:1, c: { address: tcp://c:1, drain: true } }
services:
  web: { image: web, host: [a, c], volumes: ["data:/d", "theirs:/t", "/anonymous"], networks: [front, outer] }
  helper: { image: web, volumes_from: [web], volumes: ["cache:/c"] }
  tool: { image: web, host: b, volumes: [{ type: image, source: data, target: /i }] }
networks:
  front:
  outer: { external: true, name: shop_outer }
volumes:
  data:
  cache:
  theirs: { external: true, name: shop_theirs }
`;

describe("a sweep by labels", () => {
  it("must remove the file's own volumes, on the hosts that may have them", async () => {
    const { takesVolume, leavesVolume } = sweepOf({ name: "shop", project: await loaded(file), stack });
    const places = (name: string, takes: typeof takesVolume) =>
      ["a", "b", "c"].filter((host) => takes(host, volume(name)));
    assert.deepEqual(
      [places("shop_data", takesVolume), places("shop_data", leavesVolume)],
      [["a"], ["b", "c"]],
    );
    assert.deepEqual(
      places("shop_cache", takesVolume),
      ["a"],
      "on the host of the service whose volumes it uses",
    );
    assert.deepEqual(
      [places("shop_left", takesVolume), places("shop_left", leavesVolume)],
      [[], ["a", "b", "c"]],
    );
    assert.deepEqual([places("shop_theirs", takesVolume), places("shop_theirs", leavesVolume)], [[], []]);
  });

  it("must remove volumes of a service without hosts of its own where those that it is bound to run", async () => {
    const bound = `name: shop
hosts: { a: tcp://a:1, b: tcp://b:1, default: tcp://c:1 }
services:
  web: { image: web, host: b }
  helper: { image: web, network_mode: "service:web", volumes: ["near:/n"] }
  lone: { image: web, volumes: ["lone:/l"] }
volumes: { near: , lone: }
`;
    const { takesVolume } = sweepOf({ name: "shop", project: await loaded(bound), stack });
    const places = (name: string) =>
      ["a", "b", "default"].filter((host) => takesVolume(host, volume(name))).join();
    assert.deepEqual([places("shop_near"), places("shop_lone")], ["b", "default"]);
  });

  it("must remove volumes of services that no host may run", async () => {
    const draining = file.replace("host: [a, c]", "host: c");
    const { takesVolume } = sweepOf({ name: "shop", project: await loaded(draining), stack });
    assert.equal(takesVolume("c", volume("shop_data")), true);
    assert.equal(takesVolume("c", volume("shop_theirs")), false);
  });

  it("must remove nothing of another stack, and no volume that only resembles one of the project", () => {
    const { takesVolume } = sweepOf({ name: "shop", stack });
    const owners = [undefined, stack, "organization/other/dev"];
    assert.deepEqual(
      owners.map((owner) => takesVolume("a", volume("shop_data", owner))),
      [true, true, false],
    );
    const bare = { name: "x", driver: "local", labels: { [label.project]: "shop" } };
    assert.equal(takesVolume("a", bare), false);
  });

  it("must remove nothing that is external in the state or belongs to another project of the stack", () => {
    const state = stateOf(
      ["Volume", "shop_external", { external: true }],
      ["Volume", "shop_other", { project: "other" }],
      ["Volume", "shop_lent", { project: "other", external: true }],
      ["Volume", "shop_own", {}],
      ["Network", "shop_external", { external: true }],
    );
    const { takesVolume, takesNetwork } = sweepOf({ name: "shop", state, stack });
    const names = ["shop_external", "shop_other", "shop_lent", "shop_own"];
    assert.deepEqual(
      names.filter((name) => takesVolume("a", volume(name))),
      ["shop_lent", "shop_own"],
    );
    assert.equal(takesNetwork(network("shop_external", stack)), false);
  });

  it("must remove networks of the file, and those of the stack that left the file", async () => {
    const { takesNetwork } = sweepOf({ name: "shop", project: await loaded(file), stack });
    assert.equal(takesNetwork(network("shop_front")), true);
    assert.equal(takesNetwork(network("shop_outer")), false);
    assert.equal(takesNetwork(network("shop_gone")), false);
    assert.equal(takesNetwork(network("shop_gone", stack)), true);
    assert.equal(takesNetwork(network("shop_front", "organization/other/dev")), false);
    const bare = { [label.project]: "shop", [label.stack]: stack };
    assert.equal(takesNetwork({ ...(network("shop_front") as ObservedNetwork), labels: bare }), false);
  });
});
