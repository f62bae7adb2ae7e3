import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostDefinition, Service } from "../../../../provider/compose/types.js";
import { place } from "../../../../provider/model/placement/place.js";
import { constraints, port, refused, reserve } from "../../../support/model/placements.js";
import { project } from "../../../support/model/project.js";

describe("a placement that is not possible", () => {
  it("is reported with the rule, the hosts and the reasons", () => {
    const cases: [Record<string, Partial<Service>>, string, Record<string, Partial<HostDefinition>>?][] = [
      [{ web: { host: "db1" } }, 'services.web.host: no host "db1" (hosts: a, b, c, default)'],
      [{ web: { host: ["a", "x"] } }, 'services.web.host: no host "x" (hosts: a, b, c, default)'],
      [{ web: { host: "x*" } }, 'services.web.host: no host "x*" (hosts: a, b, c, default)'],
      [
        { web: constraints("node.labels.disk == ssd") },
        'services.web.deploy.placement.constraints: no suitable host: on a, b, c: "node.labels.disk == ssd" is not satisfied',
      ],
      [
        { web: constraints("node.role == manager") },
        'services.web.deploy.placement.constraints: "node.role" is not supported: hosts are plain engines, not managers or workers',
      ],
      [
        { web: constraints("node.platform.os == linux") },
        'services.web.deploy.placement.constraints: "node.platform.os" is not supported: services are placed before any engine is contacted',
      ],
      [{ web: constraints("disk") }, 'services.web.deploy.placement.constraints: invalid constraint "disk"'],
      [
        { web: constraints("service == db") },
        'services.web.deploy.placement.constraints: no such service: "service == db"',
      ],
      [
        { web: { deploy: { placement: { preferences: [{ spread: "node.id" }] } } } },
        'services.web.deploy.placement.preferences: cannot spread over "node.id"',
      ],
      [
        { web: { host: ["a", "b"], deploy: { replicas: 3, placement: { max_replicas_per_node: 1 } } } },
        "services.web.deploy.placement.max_replicas_per_node: no suitable host for replica 3 of 3: on a, b: limit of 1 reached",
      ],
      [
        { web: { deploy: { mode: "global", replicas: 2 } } },
        "services.web.deploy: mode global runs one on each host, but 2 replicas are set",
      ],
      [
        { web: { deploy: { mode: "globl" } } },
        'services.web.deploy.mode: unknown mode "globl"; did you mean "global"?',
      ],
      [
        { web: { host: "a", scale: 2, ports: [port("80")] } },
        "services.web.ports: no suitable host for replica 2 of 2: on a: port 80 is already allocated to web",
      ],
      [
        { api: { host: "a", ports: [port("80")] }, web: { host: "*", ports: [port("80", "10.0.0.1")] } },
        "services.web.ports: must run on each of its hosts; on a: port 10.0.0.1:80 is already allocated to api",
      ],
      [
        { web: { host: "a", scale: 3, ports: [port("80-81")] } },
        "services.web.ports: no suitable host for replica 3 of 3: on a: no free port in 80-81",
      ],
      [
        { web: { host: "a", container_name: "x" }, www: { host: "a", container_name: "x" } },
        "services.www.container_name: no suitable host: on a: container name x is used by web",
      ],
      [
        { web: { host: "a", ...reserve(1.5) }, www: { host: "a", ...reserve(1) } },
        "services.www.deploy.resources.reservations: no suitable host: on a: 0.5 of 2 CPUs available, 1 reserved",
        { a: { capacity: { cpus: 2 } } },
      ],
      [
        { web: { host: "a", mem_reservation: "2147483648" } },
        "services.web.deploy.resources.reservations: no suitable host: on a: 1024 of 1024 MiB available, 2048 reserved",
        { a: { capacity: { memory: "1g" } } },
      ],
      [
        { web: { host: "a" } },
        "services.web.host: no suitable host: on a: the host is draining",
        { a: { drain: true } },
      ],
      [
        { db: { host: "a" }, web: { host: "b", volumes_from: ["db"] } },
        "services.web: no suitable host: on b: db does not run there, but they must share a host",
      ],
      [
        { db: { host: "a" }, web: { host: ["a", "b"], network_mode: "service:db" } },
        "services.web: must run on each of its hosts; on b: db does not run there, but they must share a host",
      ],
      [
        {
          a1: { host: "a", network_mode: "service:db" },
          b1: { host: "b", network_mode: "service:db" },
          db: {},
        },
        "services.db: no suitable host: on a: b1 is not allowed there, but they must share a host; on b, c, default: a1 is not allowed there, but they must share a host",
      ],
      [
        { blue: { host: "a", ...constraints("service != green") }, green: { host: "a" } },
        "services.green.deploy.placement.constraints: no suitable host: on a: blue runs there, and they must not share a host",
      ],
    ];
    for (const [services, message, hosts] of cases) assert.equal(refused(services, hosts), message);
  });

  it("is reported with its place and a hint", () => {
    const at = { file: "compose.yml", line: 7, column: 5 };
    const what = project(
      { web: { host: "a" } },
      { a: { drain: true } },
      { positionOf: (path) => (path === "services.web.host" ? at : undefined) },
    );
    assert.throws(() => place(what), {
      code: "invalid-file",
      message:
        "compose.yml:7:5: services.web.host: no suitable host: on a: the host is draining\n  Select another host, or end the draining of one of them.",
    });
  });
});
