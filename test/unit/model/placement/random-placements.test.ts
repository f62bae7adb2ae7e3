import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Deploy, HostDefinition, Project, Service } from "../../../../provider/compose/types.js";
import { K2Error } from "../../../../provider/shared/errors.js";
import { place } from "../../../../provider/model/placement/place.js";
import { type Placement } from "../../../../provider/model/placement/placement.js";
import { project } from "../../../support/model/project.js";

type Hosts = Record<string, Partial<HostDefinition>>;
type Services = Record<string, Partial<Service>>;

const names = ["h1", "h2", "h3", "h4"];
const zone = fc.constantFrom("east", "west");
/** An optional value, rare enough that most random projects can be placed. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const host: fc.Arbitrary<Partial<HostDefinition>> = fc.record({
  labels: fc.record({ zone }),
  drain: sometimes(fc.constant(true)),
  capacity: sometimes(fc.record({ cpus: fc.integer({ min: 1, max: 8 }) })),
});

const deploy: fc.Arbitrary<Deploy> = fc.record({
  mode: sometimes(fc.constant("global")),
  placement: sometimes(
    fc.record({
      constraints: fc.subarray(["node.labels.zone == east", "node.hostname != h2", "service != s1"]),
      preferences: fc.subarray([{ spread: "node.labels.zone" }]),
      max_replicas_per_node: fc.integer({ min: 0, max: 2 }),
    }),
  ),
  resources: fc.record({ reservations: fc.record({ cpus: fc.constantFrom(0, 0.5, 1, 2) }) }),
});

const service: fc.Arbitrary<Partial<Service>> = fc.record({
  host: fc.option(
    fc.oneof(fc.constantFrom("h1", "*", "h*", "h[12]"), fc.subarray(names.slice(0, 2), { minLength: 1 })),
    { nil: undefined },
  ),
  scale: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  ports: sometimes(fc.constantFrom("80", "81", "80-83").map((published) => [{ target: 80, published }])),
  container_name: sometimes(fc.constantFrom("one", "two")),
  deploy,
  network_mode: sometimes(fc.constantFrom("service:s1", "service:s2")),
});

const services: fc.Arbitrary<Services> = fc
  .array(service, { minLength: 2, maxLength: 6 })
  .map((all) => Object.fromEntries(all.map((one, at) => [`s${at}`, acyclic(one, `s${at}`)])));

const fleet: fc.Arbitrary<Hosts> = fc
  .array(host, { minLength: 2, maxLength: names.length })
  .map((all) => Object.fromEntries(all.map((one, at) => [names[at]!, one])));

/** Removes cycles, which the loader refuses, and replicas of global services, which are an error. */
function acyclic(one: Partial<Service>, name: string): Partial<Service> {
  const { network_mode, scale, ...rest } = one;
  const shares = network_mode !== undefined && network_mode.slice("service:".length) < name;
  const counts = scale !== undefined && (rest.deploy?.mode !== "global" || scale < 2);
  return { ...rest, ...(shares && { network_mode }), ...(counts && { scale }) };
}

/** Returns undefined if no placement is possible; the error must then name the rule. */
function tryPlace(what: Project, ...more: [Placement?, object?]): Placement | undefined {
  try {
    return place(what, ...more);
  } catch (error) {
    if (!K2Error.is(error)) throw error;
    assert.match(error.message, /^services\.s\d/);
    assert.ok(error.hint);
    return undefined;
  }
}

test("the order within a file changes nothing", () => {
  fc.assert(
    fc.property(services, fleet, (all, hosts) => {
      const backwards = <T>(record: Record<string, T>) =>
        Object.fromEntries(Object.entries(record).reverse());
      const placement = tryPlace(project(all, hosts));
      assert.equal(
        JSON.stringify(tryPlace(project(backwards(all), backwards(hosts)))),
        JSON.stringify(placement),
      );
    }),
  );
});

test("a second run moves nothing, nor does a host that is added or down", () => {
  fc.assert(
    fc.property(services, fleet, (all, hosts) => {
      const before = tryPlace(project(all, hosts));
      fc.pre(before !== undefined);
      assert.deepEqual(place(project(all, hosts), before), before);
      assert.deepEqual(place(project(all, hosts), before, { down: ["h1"] }), before);
      const after = tryPlace(project(all, { ...hosts, h9: { labels: { zone: "east" } } }), before);
      // A new host may make the placement impossible, because services of one group must be together; running
      // services then stay.
      for (const [name, places] of Object.entries(after ?? {})) {
        const { h9, ...rest } = places;
        assert.deepEqual(rest, before[name]);
      }
    }),
  );
});

test("no rule is ever broken", () => {
  fc.assert(
    fc.property(services, fleet, fc.boolean(), (all, hosts, again) => {
      const what = project(all, hosts);
      const placement = tryPlace(
        what,
        again ? { s0: { h1: 3 }, s1: { h2: 1, gone: 2 }, gone: { h1: 1 } } : {},
      );
      if (placement) for (const name of Object.keys(what.hosts)) checkHost(what, placement, name);
      if (placement) for (const name of Object.keys(all)) checkService(what, placement, name);
    }),
    { numRuns: 300 },
  );
});

function checkHost(what: Project, placement: Placement, host: string): void {
  const here = Object.entries(placement).flatMap(([name, hosts]) =>
    Array<string>(hosts[host] ?? 0).fill(name),
  );
  const of = here.map((name) => what.services[name]!);
  const cpus = of.reduce((total, one) => total + (one.deploy?.resources?.reservations?.cpus ?? 0), 0);
  assert.ok(
    cpus <= (what.hosts[host]!.capacity?.cpus ?? Infinity),
    `reservations exceed the capacity of ${host}`,
  );
  const named = of.flatMap((one) => one.container_name ?? []);
  assert.equal(new Set(named).size, named.length, "container names are unique per host");
  const shared = of.filter((one) => one.network_mode === undefined).flatMap((one) => one.ports ?? []);
  const fixed = shared.map(({ published }) => published!).filter((published) => !published.includes("-"));
  assert.equal(new Set(fixed).size, fixed.length, "ports are unique per host");
  assert.ok(shared.length <= 4, "no more services than ports in a range");
  if (here.length > 0) assert.notEqual(what.hosts[host]!.drain, true);
}

function checkService(what: Project, placement: Placement, name: string): void {
  const { deploy, scale, network_mode } = what.services[name]!;
  const places = placement[name]!;
  const counts = Object.values(places);
  assert.ok(counts.length > 0, "every service has a host");
  if (scale !== undefined && deploy?.mode !== "global")
    assert.equal(
      counts.reduce((a, b) => a + b, 0),
      scale,
    );
  const { constraints = [], max_replicas_per_node: max = 0 } = deploy?.placement ?? {};
  if (max > 0) assert.ok(Math.max(...counts) <= max);
  for (const host of Object.keys(places)) {
    if (constraints[0]?.includes("zone")) assert.equal(what.hosts[host]!.labels?.["zone"], "east");
    if (constraints.includes("node.hostname != h2")) assert.notEqual(host, "h2");
    const apart = constraints.includes("service != s1") && name !== "s1" && places[host]! > 0;
    if (apart) assert.ok(!(placement["s1"]?.[host] ?? 0), "services with anti-affinity share no host");
    const leader = network_mode?.slice("service:".length);
    if (leader !== undefined && placement[leader])
      assert.ok(host in placement[leader], "services of one group are placed together");
  }
}

test("1,000 services on 50 hosts take well under a second", () => {
  const hosts = Object.fromEntries(
    Array.from({ length: 50 }, (_, at) => [
      `h${at}`,
      { labels: { zone: `z${at % 5}` }, capacity: { cpus: 64 } },
    ]),
  );
  const many = Object.fromEntries(
    Array.from({ length: 1000 }, (_, at): [string, Partial<Service>] => [
      `s${at}`,
      {
        host: at % 3 === 0 ? "h*" : undefined,
        scale: 1 + (at % 3),
        ports: [{ target: 80, published: String(8000 + (at % 100)) }],
        deploy: {
          placement: {
            constraints: at % 2 ? ["node.labels.zone != z0"] : [],
            preferences: [{ spread: "node.labels.zone" }],
          },
          resources: { reservations: { cpus: 0.5 } },
        },
      },
    ]),
  );
  // CPU time, because other tests run at the same time.
  const started = process.cpuUsage();
  const first = place(project(many, hosts));
  const spent = process.cpuUsage(started);
  assert.deepEqual(place(project(many, hosts), first), first);
  assert.ok(spent.user < 1_000_000, `${spent.user / 1000} ms`);
});
