import assert from "node:assert/strict";
import { test } from "node:test";
import { networkTakeReasons, networkTakesOf } from "../../../provider/model/changes/network-takes.js";
import { takeReasons, takesOf } from "../../../provider/model/changes/takes.js";
import type { NetworkInputs, Run, ServiceContext, ServiceInputs } from "../../../provider/model/kinds.js";
import { label } from "../../../provider/model/labels.js";
import type { ObservedContainer, ObservedNetwork } from "../../../provider/model/observed.js";
import { networkDefinition, networkHash } from "../../../provider/model/reconcile/config-hash.js";
import { isKind, type Plan } from "../../../provider/model/plan/node.js";
import { container } from "../../support/model/simulated-engine.js";
import { planOf } from "../../support/model/plans.js";

const run: Run = { stack: "o/p/s" };

function held(service: string, change: Partial<ObservedContainer>): ObservedContainer {
  const own = container(service, { name: `shop-${service}-1`, ...change });
  return { ...own, labels: { ...own.labels, [label.service]: service, ...change.labels } };
}

async function takes(
  text: string,
  containers: ObservedContainer[],
  how: Partial<Run> = {},
): Promise<string[]> {
  const plan = await planOf(`name: shop\n${text}`);
  const found = plan.nodes.filter(isKind("service")).flatMap((node) => {
    const context = { ...node.context, run: { ...run, ...how } } as ServiceContext;
    return takesOf(node.inputs as ServiceInputs, context, containers).map(
      ({ what, from, by }) => `${node.inputs.service}: ${by} ${from}, ${what}`,
    );
  });
  return found;
}

const port = (port: number, ip = "0.0.0.0") => ({ ip, private: 80, public: port, protocol: "tcp" });

test("a port is taken from a service that left the file, or publishes another one now", async () => {
  const web = held("web", { ports: [port(80), port(80, "::")] });
  assert.deepEqual(await takes("services: {site: {image: x, ports: ['80:80']}}", [web]), [
    "site: stop web, port 80",
  ]);
  const moved = "services: {web: {image: x, ports: ['81:80']}, db: {image: x, ports: ['127.0.0.1:80:1']}}";
  assert.deepEqual(await takes(moved, [web]), ["db: stop web, port 127.0.0.1:80"]);
  assert.deepEqual(await takes("services: {site: {image: x, ports: ['80:80/udp']}}", [web]), []);
  assert.deepEqual(await takes("services: {site: {image: x, ports: ['80-82:80']}}", [web]), []);
});

test("two services that swap addresses take them from each other", async () => {
  const at = (ip: string) => ({ networks: { shop_net: { id: "net", ip } } });
  const text = `services:
  x: {image: x, networks: {net: {ipv4_address: 10.0.0.3}}}
  y: {image: x, networks: {net: {ipv4_address: 10.0.0.2}}}
networks: {net: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}`;
  assert.deepEqual(await takes(text, [held("x", at("10.0.0.2")), held("y", at("10.0.0.3"))]), [
    "x: stop y, address 10.0.0.3",
    "y: stop x, address 10.0.0.2",
  ]);
});

test("a chosen name is taken, and the usual name of another service is not", async () => {
  const named = (name: string) => `services: {site: {image: x, container_name: ${name}}}`;
  assert.deepEqual(await takes(named("front"), [held("web", { name: "front", state: "exited" })]), [
    "site: rename web, name front",
  ]);
  assert.deepEqual(await takes(named("shop-web-1"), [held("web", {})]), []);
});

test("nothing is taken from rivals, disabled services, one-off containers, other stacks, or outside a run", async () => {
  const site = "services:\n  site: {image: x, ports: ['80:80']}\n";
  const web = held("web", { ports: [port(80)] });
  const labelled = (labels: Record<string, string>) => held("web", { ports: [port(80)], labels });
  const disabled = "  web: {image: x, profiles: [p], ports: ['80:80']}\n";
  assert.deepEqual(await takes(site + disabled, [web]), []);
  assert.deepEqual(await takes(site, [labelled({ [label.oneoff]: "True" })]), []);
  assert.deepEqual(await takes(site, [labelled({ [label.stack]: "o/p/other" })]), []);
  assert.deepEqual(await takes(site, [web], { named: ["site"] }), []);
  const job = `services:
  one: {image: x, networks: {net: {ipv4_address: 10.0.0.2}}}
  two: {image: x, networks: {net: {ipv4_address: 10.0.0.2}}}
networks: {net: {}}`;
  const one = held("one", { networks: { shop_net: { id: "net", ip: "10.0.0.2" } } });
  assert.deepEqual(await takes(job, [one]), []);
});

test("a network takes nothing from itself, networks as planned, other projects and stacks, or without need", async () => {
  const plan = await planOf(`name: shop
services: {x: {image: x, networks: [a, b]}}
networks: {a: {ipam: {config: [{subnet: 10.0.0.0/24}]}}, b: {}}`);
  const [a, b] = plan.nodes.filter(isKind("network"));
  const hash = networkHash(networkDefinition(b!.inputs as NetworkInputs));
  const seen = (name: string, change: Record<string, string> = {}): ObservedNetwork => ({
    ...{ id: name, name, driver: "bridge", subnets: ["10.0.0.0/24"], options: {} },
    labels: { [label.project]: "shop", [label.stack]: "o/p/s", [label.configHash]: "old", ...change },
  });
  const from = (network: ObservedNetwork, change: Partial<NetworkInputs> = {}, how: Partial<Run> = {}) => {
    const inputs = { ...a!.inputs, ...change } as NetworkInputs;
    const context = { ...a!.context, run: { ...run, ...how } };
    return networkTakeReasons(inputs, context, [network]).map(({ code, text }) => `${code}: ${text}`);
  };
  const taken = (name: string) => [`takes: takes subnet 10.0.0.0/24 from ${name}, which is removed first`];
  assert.deepEqual(from(seen("shop_old")), taken("shop_old"));
  assert.deepEqual(from(seen("shop_old", { [label.configHash]: hash })), taken("shop_old"));
  assert.deepEqual(from(seen("shop_b")), taken("shop_b"));
  assert.deepEqual(from(seen("shop_b", { [label.configHash]: hash })), []);
  assert.deepEqual(from(seen("shop_a")), []);
  assert.deepEqual(from(seen("shop_old", { [label.project]: "other" })), []);
  assert.deepEqual(from(seen("shop_old", { [label.stack]: "o/p/other" })), []);
  assert.deepEqual(from(seen("shop_old"), { external: true }), []);
  assert.deepEqual(from(seen("shop_old"), { driver: "overlay" }), []);
  assert.deepEqual(from(seen("shop_old"), {}, { named: ["x"] }), []);
});

test("the reasons of a preview are one for each service and way", async () => {
  const plan = await planOf(
    "name: shop\nservices: {site: {image: x, ports: ['80:80', '81:81'], container_name: front}}",
  );
  const [{ inputs, context }] = plan.nodes.filter(isKind("service")) as [(typeof plan.nodes)[0]];
  const both = { ports: [port(80), port(80, "::"), port(81)], name: "front" };
  const texts = (how: Partial<Run> = {}, change: Partial<ServiceInputs> = {}) =>
    takeReasons(
      { ...(inputs as ServiceInputs), ...change },
      { ...(context as ServiceContext), run: { ...run, ...how } },
      { containers: [held("web", both), held("db", { ports: [port(81, "10.0.0.1")] })] },
    ).map(({ code, text }) => `${code}: ${text}`);
  assert.deepEqual(texts(), [
    "takes: web stops first (port 80, port 81)",
    "takes: web gives up its name first (name front)",
    "takes: db stops first (port 81)",
  ]);
  assert.deepEqual(texts({ noStart: true }), ["takes: web gives up its name first (name front)"]);
  assert.deepEqual(texts({ noRecreate: true }), []);
  assert.deepEqual(texts({}, { replicas: 0 }), []);
});

test("a network takes the subnet and the bridge of one that left the file, or that has changed", async () => {
  const seen = (name: string, change: Partial<ObservedNetwork>): ObservedNetwork => ({
    ...{ id: name, name: `shop_${name}`, driver: "bridge", subnets: [], options: {} },
    labels: { [label.project]: "shop", [label.stack]: "o/p/s", [label.configHash]: "old" },
    ...change,
  });
  const taken = (plan: Plan, networks: ObservedNetwork[]) =>
    plan.nodes.filter(isKind("network")).flatMap((node) => {
      const found = networkTakesOf(node.inputs as NetworkInputs, { ...node.context, run }, networks);
      return found.map(({ what, from, stays }) => [node.inputs.network, what, from.name, stays]);
    });
  const file = (networks: string) =>
    planOf(`name: shop\nservices: {x: {image: x, networks: [a, b]}}\nnetworks: {${networks}}`);
  const subnet = (text: string) => `{ipam: {config: [{subnet: ${text}}]}}`;
  const left = await file(
    `a: ${subnet("10.0.0.0/16")}, b: {driver_opts: {com.docker.network.bridge.name: br}}`,
  );
  assert.deepEqual(
    taken(left, [
      seen("old", { subnets: ["10.0.3.0/24"] }),
      seen("wire", { options: { "com.docker.network.bridge.name": "br" } }),
      seen("other", { subnets: ["10.1.0.0/24"] }),
    ]),
    [
      ["a", "subnet 10.0.0.0/16", "shop_old", false],
      ["b", "bridge br", "shop_wire", false],
    ],
  );
  const parent = { driver: "macvlan", options: { parent: "eth0" } };
  assert.deepEqual(
    taken(await file("a: {driver: macvlan, driver_opts: {parent: eth0}}, b: {}"), [seen("wire", parent)]),
    [["a", "parent eth0", "shop_wire", false]],
  );
  const swap = await file(`a: ${subnet("10.0.1.0/24")}, b: ${subnet("10.0.0.0/24")}`);
  const [a, b] = [seen("a", { subnets: ["10.0.0.0/24"] }), seen("b", { subnets: ["10.0.1.0/24"] })];
  assert.deepEqual(taken(swap, [a, b]), [
    ["a", "subnet 10.0.1.0/24", "shop_b", true],
    ["b", "subnet 10.0.0.0/24", "shop_a", true],
  ]);
});
