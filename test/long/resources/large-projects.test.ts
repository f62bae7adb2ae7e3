/** Projects of thousands of services and ports are planned and printed in linear time, and without recursion. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dependenciesOf, findCycles } from "../../../provider/compose/resolve/service-graph.js";
import { waves } from "../../../cli/application/dependency-waves.js";
import { bakeFile } from "../../../cli/images/bake.js";
import { planned } from "../../support/model/plans.js";
import { project } from "../../support/model/project.js";

/** Generous: each takes less than a second on an idle machine, and took minutes or failed before. */
const timeout = 30_000;

describe("resources of the plan", { timeout }, () => {
  it("plans a chain of 12,000 dependencies", () => {
    const chain = project(
      Object.fromEntries(
        Array.from({ length: 12_000 }, (_, index) => [
          `s${index}`,
          {
            image: "a",
            depends_on: { [`s${index + 1}`]: { condition: "service_started", required: index < 11_999 } },
          },
        ]),
      ),
    );
    assert.deepEqual(findCycles(chain.services, dependenciesOf), []);
    const { nodes } = planned(chain);
    const order = nodes.filter(({ kind }) => kind === "service").map(({ name }) => name);
    assert.deepEqual([order.length, order[0], order.at(-1)], [12_000, "s11999@default", "s0@default"]);
  });

  it("compares the ports of 3 services with 20,000 each", () => {
    const publishing = (ip: number) => ({
      ports: Array.from({ length: 20_000 }, (_, index) => ({
        ...{ target: index + 1, published: `${index + 1}`, host_ip: `127.0.0.${ip}` },
        ...{ protocol: "tcp", mode: "ingress" },
      })),
    });
    const wide = project({ a: publishing(1), b: publishing(2), c: publishing(3) });
    const { nodes } = planned(wide);
    assert.equal(nodes.filter(({ kind }) => kind === "service").length, 3);
  });
});

describe("resources of commands", { timeout }, () => {
  const count = 12_000;
  const names = Array.from({ length: count }, (_, index) => `s${index}`);

  it("orders a chain of 12,000 services", () => {
    const chain = names.map((service, index) => ({ service, dependsOn: names.slice(index + 1, index + 2) }));
    const found = waves(chain);
    assert.deepEqual([found.length, found[0]?.[0]?.service], [count, `s${count - 1}`]);
  });

  it("prints the builds of 12,000 services that are built from each other", () => {
    const build = (index: number) => ({
      context: "/shop",
      ...(index < count - 1 && { additional_contexts: { base: `service:s${index + 1}` } }),
    });
    const built = project(Object.fromEntries(names.map((name, index) => [name, { build: build(index) }])));
    const { target } = Object(bakeFile(built, ["s0"], {}, {}));
    assert.equal(Object.keys(target).length, count);
  });
});
