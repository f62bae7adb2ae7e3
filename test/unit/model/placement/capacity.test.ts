import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { place } from "../../../../provider/model/placement/place.js";
import { port, refused, reserve, three } from "../../../support/model/placements.js";
import { project } from "../../../support/model/project.js";

describe("the capacity of hosts", () => {
  it("is never exceeded by reservations; services with reservations are packed", () => {
    const hosts = { a: { capacity: { cpus: 4, memory: "8g" } }, b: { capacity: { cpus: 4, memory: "8g" } } };
    const anywhere = { host: "*", scale: 1 };
    const services = {
      big: { ...anywhere, ...reserve(3) },
      middle: { ...anywhere, ...reserve(2) },
      small: { ...anywhere, ...reserve(1) },
      tiny: { ...anywhere, deploy: { resources: { reservations: { memory: "8589934592" } } } },
    };
    const { big, middle, small, tiny } = place(project(services, hosts));
    assert.deepEqual(small, big);
    assert.notDeepEqual(middle, big);
    assert.ok(tiny);
  });

  it("includes host ports and container names, which are used once per engine", () => {
    const services = {
      api: { host: "*", scale: 1, ports: [port("80")] },
      dns: { host: "*", scale: 3, ports: [{ ...port("53"), protocol: "udp" }] },
      named: { host: "*", container_name: "one" },
      web: { host: "*", scale: 1, ports: [port("80")] },
      www: { host: "a", ports: [port("80"), port("8080", "127.0.0.1")] },
      local: { host: "a", ports: [port("8080", "10.0.0.1")] },
      range: { host: "a", scale: 2, ports: [port("8079-8081")] },
    };
    const { api, dns, web, range } = place(project(services, three));
    assert.deepEqual({ ...api, ...web }, { b: 1, c: 1 });
    assert.deepEqual(dns, { a: 1, b: 1, c: 1 });
    assert.deepEqual(range, { a: 2 });
  });

  it("is not used by an earlier service if a later one has no other host", () => {
    const services = {
      a1: { host: ["a", "b"], scale: 1, ports: [port("80")] },
      a2: { host: ["a", "c"], scale: 1, ports: [port("80")] },
      a3: { host: ["b", "c"], scale: 1, ports: [port("80")] },
      last: { host: ["a", "b", "c"], scale: 1, ports: [port("443")] },
    };
    for (const first of ["a", "b", "c"]) {
      const also = { zz: { host: first, ports: [port("443")] } };
      assert.equal(refused({ ...services, ...also }), "placed");
    }
  });

  it("includes a job's published port again for the job's dependents", () => {
    const services = {
      setup: { ports: [port("80")] },
      web: {
        ports: [port("80")],
        depends_on: { setup: { condition: "service_completed_successfully" as const, required: true } },
      },
    };
    assert.equal(refused(services), "placed");
  });
});
