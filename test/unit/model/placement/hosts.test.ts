import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { place } from "../../../../provider/model/placement/place.js";
import { constraints, placed, reserve, three } from "../../../support/model/placements.js";
import { loaded, project } from "../../../support/model/project.js";

const labelled = {
  a: { labels: { zone: "east", disk: "ssd" } },
  b: { labels: { zone: "west" } },
  c: { labels: { zone: "east", disk: "hdd" } },
};

describe("the hosts of a service", () => {
  it("are named by `host`: one host, a list, a glob, or exclusions; by default the default host", () => {
    const services = {
      all: { host: "*" },
      but: { host: ["*", "!b"] },
      glob: { host: "[ab]" },
      here: {},
      list: { host: ["c", "a"] },
      many: { scale: 3 },
      one: { host: "b", scale: 2 },
    };
    assert.deepEqual(placed(project(services, three)), [
      "all  a, b, c  host: *; one on each",
      "but  a, c  host: [*, !b]; one on each",
      "glob  a, b  host: [ab]; one on each",
      "here  default  default host",
      "list  a, c  host: [c, a]; one on each",
      "many  default x3  default host; 3 replicas",
      "one  b x2  host: b; 2 replicas",
    ]);
  });

  it("include the default host in `*` only if the file declares it", () => {
    const services = { agent: { deploy: { mode: "global" } }, all: { host: "*" } };
    assert.deepEqual(place(project(services, { a: {} })), { agent: { a: 1 }, all: { a: 1 } });
    const both = { a: 1, default: 1 };
    assert.deepEqual(place(project(services, { a: {}, default: {} })), { agent: both, all: both });
  });

  it("are the default host if the file declares none, as with docker compose", () => {
    const services = {
      agent: { deploy: { mode: "global" } },
      db: constraints("node.role == manager"),
      web: {
        deploy: {
          replicas: 3,
          placement: { max_replicas_per_node: 1, preferences: [{ spread: "node.id" }] },
        },
      },
    };
    assert.deepEqual(place(project(services)), {
      agent: { default: 1 },
      db: { default: 1 },
      web: { default: 3 },
    });
  });

  it("share the replicas evenly; a service scaled to 0 stays planned", () => {
    const services = {
      five: { host: "*", deploy: { replicas: 5 } },
      none: { host: ["a", "b"], scale: 0 },
      three: { deploy: { replicas: 3, placement: { max_replicas_per_node: 1 } } },
    };
    assert.deepEqual(placed(project(services, three)), [
      "five  a x2, b, c x2  host: *; 5 replicas",
      "none  a x0  host: [a, b]; 0 replicas",
      "three  a, b, c  at most 1 on a host; 3 replicas",
    ]);
  });

  it("are selected by constraints and labels among all declared hosts", () => {
    const services = {
      fast: constraints("node.labels.disk == SSD"),
      named: constraints("node.hostname==c"),
      slow: { deploy: { mode: "global", placement: { constraints: ["node.labels.disk != ssd"] } } },
      spread: { deploy: { replicas: 4, placement: { preferences: [{ spread: "node.labels.zone" }] } } },
    };
    assert.deepEqual(placed(project(services, labelled)), [
      "fast  a  node.labels.disk == SSD",
      "named  c  node.hostname == c",
      "slow  b, c  mode: global; node.labels.disk != ssd; one on each",
      "spread  a, b x2, c  spread over zone; 4 replicas",
    ]);
  });
});

describe("services placed together or apart", () => {
  it("are together if they share a namespace, links or volumes", () => {
    const services = {
      backup: { volumes_from: ["db:ro"] },
      cache: { host: "b" },
      db: { host: "a" },
      debug: { network_mode: "service:web", pid: "service:web" },
      front: constraints("service == cache"),
      logs: { ipc: "service:metrics" },
      metrics: { links: ["cache:c"] },
      // proxy has no host, but user, which shares its network, has one.
      proxy: {},
      user: { host: "c", network_mode: "service:proxy" },
      web: { host: ["a", "b"], scale: 4 },
    };
    assert.deepEqual(placed(project(services, three)), [
      "backup  a  with db",
      "cache  b  host: b",
      "db  a  host: a",
      "debug  a, b  with web",
      "front  b  with cache",
      "logs  b  with metrics",
      "metrics  b  with cache",
      "proxy  c  with user",
      "user  c  host: c; with proxy",
      "web  a x2, b x2  host: [a, b]; 4 replicas",
    ]);
  });

  it("are on a host with room for the whole group", () => {
    const hosts = { a: { capacity: { cpus: 2 } }, b: { capacity: { cpus: 4 } } };
    const services = {
      main: { host: "*", scale: 1, ...reserve(2) },
      side: { network_mode: "service:main", ...reserve(1) },
    };
    assert.deepEqual(place(project(services, hosts)), { main: { b: 1 }, side: { b: 1 } });
  });

  it("are on different hosts with anti-affinity", () => {
    const services = {
      blue: { ...constraints("service != green") },
      green: { host: "*", scale: 2 },
      red: { host: "b" },
    };
    const { blue, green } = place(project(services, three));
    assert.deepEqual(
      Object.keys(blue!).filter((host) => host in green!),
      [],
    );
  });
});

describe("the placement of a loaded file", () => {
  it("supports both syntaxes of hosts, aliases and both names of the default host, and reports places in errors", async () => {
    const services = `
services:
  all: {image: x, host: "*"}
  agent: {image: x, deploy: {mode: global}}
  here: {image: x, host: default}
  there: {image: x, host: local}
  fast: {image: x, deploy: {placement: {constraints: [node.labels.disk == ssd]}}}
`;
    const a = "a: {address: 'a:2375', labels: {disk: ssd}, capacity: {cpus: 2, memory: 1g}}";
    const on = (...hosts: string[]) => Object.fromEntries(hosts.map((host) => [host, 1]));
    const expected = {
      agent: on("a"),
      all: on("a"),
      fast: on("a"),
      here: on("default"),
      there: on("default"),
    };
    assert.deepEqual(place(await loaded(`hosts: {${a}}${services}`)), expected);
    assert.deepEqual(place(await loaded(`x-hosts:\n  ${a}${services}`)), expected);
    const local = {
      ...expected,
      agent: on("a", "local"),
      all: on("a", "local"),
      here: on("local"),
      there: on("local"),
    };
    assert.deepEqual(place(await loaded(`hosts: {local: "b:2375", ${a}}${services}`)), local);
    const both = { ...expected, agent: on("a", "default"), all: on("a", "default") };
    assert.deepEqual(place(await loaded(`hosts:\n  default: b:2375\n  ${a}${services}`)), both);
    const wrong = await loaded(`hosts: {${a}}\nservices:\n  big: {image: x, host: a, mem_reservation: 2g}\n`);
    assert.throws(() => place(wrong), {
      at: { file: "k2-compose.yml", line: 3, column: 8 },
      code: "invalid-file",
    });
  });

  it("places a service without host together with the services that it requires", async () => {
    const text = `
hosts: {b: "b:2375", c: "c:2375"}
services:
  app: {image: x, host: b}
  side: {image: x, network_mode: "service:app"}
  log: {image: x, volumes_from: [app]}
  called: {image: x}
  caller: {image: x, host: c, links: [called]}
`;
    assert.deepEqual(placed(await loaded(text)), [
      "app  b  host: b",
      "called  c  with caller",
      "caller  c  host: c; with called",
      "log  b  with app",
      "side  b  with app",
    ]);
  });
});
