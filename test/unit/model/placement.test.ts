import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostDefinition, Project, Service } from "../../../provider/compose/types.js";
import { dataLeftBehind, moves } from "../../../provider/model/placement/moves.js";
import { printPlacement } from "../../../provider/model/placement/print.js";
import { place, type PlacementOptions } from "../../../provider/model/placement/place.js";
import { type Placement } from "../../../provider/model/placement/placement.js";
import { loaded, project } from "../../support/model/project.js";

const three = { a: {}, b: {}, c: {} };

/** Returns the printed placement without alignment. */
function placed(what: Project, memory?: Placement, options?: PlacementOptions): string[] {
  const text = printPlacement(what, place(what, memory, options));
  return text.split("\n").map((line) => line.replace(/ {2,}/g, "  "));
}

function refused(
  services: Record<string, Partial<Service>>,
  hosts: Record<string, Partial<HostDefinition>> = three,
) {
  try {
    place(project(services, hosts));
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
  return "placed";
}

const constraints = (...texts: string[]) => ({ deploy: { placement: { constraints: texts } } });

const reserve = (cpus: number) => ({ deploy: { resources: { reservations: { cpus } } } });

const port = (published: string, host_ip?: string) => ({
  target: 80,
  published,
  ...(host_ip && { host_ip }),
});

const labelled = {
  a: { labels: { zone: "east", disk: "ssd" } },
  b: { labels: { zone: "west" } },
  c: { labels: { zone: "east", disk: "hdd" } },
};

const fleet = {
  agent: { deploy: { mode: "global" } },
  web: { host: "*", scale: 4 },
  worker: { host: "*", scale: 1 },
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
