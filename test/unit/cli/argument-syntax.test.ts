import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { suffixed } from "../../../provider/model/plan/image-tags.js";
import { moment } from "../../../cli/arguments/time-argument.js";
import { readPort, readVolume } from "../../../cli/arguments/ports-and-mounts.js";
import { outsideAddress, shownAddress } from "../../../cli/application/display-address.js";
import { dot } from "../../../cli/show/dot.js";
import { mermaid, topologyTable } from "../../../cli/show/text.js";
import { svg } from "../../../cli/show/svg.js";
import type { Topology } from "../../../cli/show/topology.js";
import { cli } from "../../support/cli/cli-run.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("values on the command line", () => {
  it("must read times as docker does", () => {
    assert.equal(moment("10m", 1_000_000_000), "999400");
    assert.equal(moment("1h30m", 6_000_000), "600");
    assert.equal(moment("2026-01-02T03:04:05Z"), String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000));
    assert.equal(moment("1700000000"), "1700000000");
    assert.equal(
      moment("2026-01-02T03:04:05.123456789Z"),
      `${Date.UTC(2026, 0, 2, 3, 4, 5) / 1000}.123456789`,
    );
    const local = String(new Date(2026, 0, 2, 3).getTime() / 1000);
    assert.deepEqual([moment("2026-01-02T03"), moment("2026-01-02T03:00")], [local, local]);
    assert.equal(moment("2026-01-02"), String(new Date(2026, 0, 2).getTime() / 1000));
    for (const wrong of ["", "x", "10m ago", "web 1", "2026-13-01", "yesterday"])
      assert.throws(() => moment(wrong), { code: "usage", message: /invalid time/ }, wrong);
  });

  it("must append a suffix to the tag, and not take a port for a tag", () => {
    assert.equal(suffixed("10.1.10.48:5000/busybox:latest", "test"), "10.1.10.48:5000/busybox:latesttest");
    assert.equal(suffixed("h:5000/x", "-a"), "h:5000/x:latest-a");
  });

  it("must read ports and mounts", () => {
    assert.deepEqual(readPort("127.0.0.1:8080:80/udp"), {
      target: 80,
      protocol: "udp",
      mode: "ingress",
      published: "8080",
      host_ip: "127.0.0.1",
    });
    assert.deepEqual(readPort("80"), { target: 80, protocol: "tcp", mode: "ingress" });
    assert.throws(() => readPort("web"), /invalid port/);
    assert.deepEqual(readVolume("./a:/b:ro", "/p"), {
      type: "bind",
      source: "/p/a",
      target: "/b",
      read_only: true,
      bind: { create_host_path: true },
    });
    assert.deepEqual(readVolume("data:/b", "/p"), { type: "volume", source: "data", target: "/b" });
  });

  it("must show a host's ports with the host's address", () => {
    assert.equal(outsideAddress("tcp://10.0.0.5:2375", "0.0.0.0"), "10.0.0.5");
    assert.equal(outsideAddress("ssh://ops@b", "::"), "b");
    assert.equal(outsideAddress("unix:///var/run/docker.sock"), "localhost");
    assert.equal(outsideAddress("tcp://10.0.0.5:2375", "127.0.0.1"), "127.0.0.1");
    assert.equal(shownAddress("tcp://localhost:4243"), "localhost:4243");
  });
});

describe("schema", () => {
  it("must write the same into a file as to stdout, with this release's attributes", async () => {
    const cwd = temporaryFolder("schema");
    const { stdout } = await cli(["schema"], { cwd });
    const written = await cli(["schema", "-o", "schema.json"], { cwd });
    assert.deepEqual([written.code, written.stdout], [0, ""]);
    assert.equal(readFileSync(join(cwd, "schema.json"), "utf8"), stdout);
    const { properties } = JSON.parse(stdout) as { properties: Record<string, unknown> };
    for (const word of ["services", "hosts"]) assert.ok(word in properties, word);
  });
});

describe("version", () => {
  it("must print the releases of all components", async () => {
    const { stdout } = await cli(["version"], { env: { PATH: "/nowhere", HOME: "/nowhere" } });
    const node = process.versions.node.replaceAll(".", "\\.");
    assert.match(stdout, new RegExp(`^k2-compose \\d.*\n.*5\\.5\\.1\npulumi not found\nnode ${node}\n$`));
  });
});

const one = { image: "x:1", replicas: 1, ports: [] };
const topology: Topology = {
  title: "k2-compose.yml",
  hosts: [
    {
      name: "as",
      address: "localhost:4243",
      services: [{ ...one, id: "busybox2@as", name: "busybox2", status: "error", text: "error" }],
    },
    {
      name: "default",
      address: "127.0.0.1:4243",
      services: [{ ...one, id: "busybox1@default", name: "busybox1", ports: ["80:80"] }],
    },
  ],
  edges: [{ from: "busybox2@as", to: "busybox1@default" }],
};

describe("show", () => {
  it("must print the documented table", async () => {
    const expected = `
┌k2-compose.yml────────────┬────────────┐
│ host    │ dockerHost     │ services   │
├─────────┼────────────────┼────────────┤
│ as      │ localhost:4243 │ - busybox2 │
├─────────┼────────────────┼────────────┤
│ default │ 127.0.0.1:4243 │ - busybox1 │
└─────────┴────────────────┴────────────┘`;
    assert.equal(`\n${await topologyTable(topology)}`, expected);
  });

  it("must draw arrows that start and end apart, and the ends of long image names", () => {
    const image = "registry.example.com/group/of/projects/shop/web:1.2.3";
    const services = ["a", "b", "c"].map((name) => ({ ...one, id: `${name}@as`, name, image }));
    const [as, other] = topology.hosts;
    const edges = ["b", "c"].map((name) => ({ from: `${name}@as`, to: "busybox1@default" }));
    const within = [
      { from: "a@as", to: "c@as" },
      { from: "a@as", to: "b@as" },
    ];
    const drawn = svg({
      ...topology,
      hosts: [{ ...as!, services }, other!],
      edges: [...edges, ...within],
    });
    assert.match(drawn, />…\S+\/shop\/web:1\.2\.3</);
    const ends = [...drawn.matchAll(/<path d="M(\S+ \S+) .*?(\S+ \S+)" fill="none"/g)];
    const points = ends.flatMap(([, start, end]) => [start, end]);
    assert.equal(new Set(points).size, 2 * (edges.length + within.length), points.join("; "));
  });

  it("must draw every service and every dependency", () => {
    assert.match(mermaid(topology), /busybox2_40_as --> busybox1_40_default/);
    assert.match(dot(topology), /"busybox2@as" -> "busybox1@default";/);
    const drawn = svg(topology);
    assert.equal(drawn.match(/marker-end/g)?.length, 1);
    for (const text of ["busybox1", "busybox2", "80:80", "localhost:4243"])
      assert.ok(drawn.includes(text), text);
  });
});
