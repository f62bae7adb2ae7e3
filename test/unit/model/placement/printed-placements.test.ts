/** Placements, and the errors of those that are impossible: test/fixtures/placements.txt. */
import type { HostDefinition, Project, Service } from "../../../../provider/compose/types.js";
import { dataLeftBehind, moves } from "../../../../provider/model/placement/moves.js";
import { place, type PlacementOptions } from "../../../../provider/model/placement/place.js";
import type { Placement } from "../../../../provider/model/placement/placement.js";
import { constraints, placed, port, reserve, three } from "../../../support/model/placements.js";
import { project } from "../../../support/model/project.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

type Services = Record<string, Partial<Service>>;
type Hosts = Record<string, Partial<HostDefinition>>;

interface Case {
  services: Services;
  hosts?: Hosts;
  memory?: Placement;
  options?: PlacementOptions;
  rest?: Partial<Project>;
}

const one = { host: "*", scale: 1 };
const many = (scale: number, more: Partial<Service> = {}) => ({ host: "*", scale, ...more });
const on = (hosts: string) => Object.fromEntries([...hosts].map((host) => [host, 1]));
const zones = {
  a: { labels: { zone: "east", rack: "1" } },
  b: { labels: { zone: "east", rack: "2" } },
  c: { labels: { zone: "west", rack: "1" } },
  d: { labels: {} },
};
const memoryOf = (memory: string) => ({ deploy: { resources: { reservations: { memory } } } });
const volume = (source: string) => ({ type: "volume" as const, source, target: "/d" });

const placements: Record<string, Case> = {
  "running containers keep their place before new services take it": {
    services: { app: many(1, { ports: [port("80")] }), zed: many(1, { ports: [port("80")] }) },
    hosts: { a: {}, b: {} },
    memory: { zed: { a: 1 } },
  },
  "running containers keep a host that prefers another service": {
    services: {
      app: many(2, { ports: [port("80")] }),
      mid: many(1, { ports: [port("80")] }),
    },
    hosts: three,
    memory: { app: { a: 1, c: 1 } },
  },
  "surplus containers leave the fullest hosts": {
    services: {
      ...{ web: many(3), other: many(0), all: { host: ["a", "b"] } },
      off: { deploy: { mode: "global", replicas: 0 } },
    },
    hosts: three,
    memory: { web: { a: 3, b: 2, c: 1 }, other: { b: 2 }, all: { a: 4 } },
  },
  "containers leave hosts that are no longer allowed": {
    services: { web: { host: "[ab]", scale: 2 }, side: { network_mode: "service:web" } },
    hosts: three,
    memory: { web: { c: 2 }, side: { c: 1 } },
  },
  "followers bring their leader to their host": {
    services: { app: { ...one }, side: { ...one, network_mode: "service:app" } },
    hosts: three,
    memory: { side: { c: 1 } },
  },
  "leaders go where their followers may go": {
    services: Object.fromEntries(
      [..."abc"].flatMap((host) => [
        [`main-${host}`, one],
        [`side-${host}`, { host, network_mode: `service:main-${host}` }],
      ]),
    ),
    hosts: three,
  },
  "a host whose name ends as another one": {
    services: { web: { host: ["ab", "b", "!c"] } },
    hosts: { ab: {}, b: {}, c: {} },
  },
  "ports in networks of the host, or of other containers": {
    services: {
      one: { host: "a", network_mode: "host", ports: [port("80")] },
      two: { host: "a", network_mode: "none", ports: [port("80")] },
      three: { host: "a", network_mode: "service:two", ports: [port("80")] },
      four: { host: "a", network_mode: "container:x", ports: [port("80")] },
      last: { host: "a", network_mode: "my-host", ports: [port("80")] },
    },
  },
  "impossible: ports in a network that only sounds like that of the host": {
    services: {
      one: { host: "a", network_mode: "my-host", ports: [port("80")] },
      two: { host: "a", ports: [port("80")] },
    },
  },
  "replicas are spread over zones, then racks, then hosts": {
    services: {
      web: {
        deploy: {
          replicas: 5,
          placement: { preferences: [{ spread: "node.labels.zone" }, { spread: "node.labels.rack" }] },
        },
      },
      flat: { deploy: { replicas: 3, placement: { preferences: [{ spread: "node.labels.rack" }] } } },
    },
    hosts: zones,
  },
  "hosts that are down get nothing new that others can run": {
    services: { app: many(4), only: { host: "a" }, log: { deploy: { mode: "global" } } },
    hosts: three,
    options: { down: ["a"] },
  },
  "reservations fill hosts one after the other, by their fuller resource": {
    services: {
      a1: { ...one, ...reserve(1) },
      a2: { ...one, ...reserve(1) },
      b1: { ...one, ...memoryOf("1g") },
      b2: { ...one, ...memoryOf("3g") },
      free: { ...one },
    },
    hosts: {
      a: { capacity: { cpus: 2, memory: "4g" } },
      b: { capacity: { cpus: 8, memory: "4g" } },
      c: {},
    },
  },
  "ports of a range avoid fixed ports, on the same address only": {
    services: {
      fixed: {
        host: "a",
        ports: [port("8000"), port("8001", "10.0.0.1"), { ...port("8002"), protocol: "udp" }],
      },
      range: { host: "a", scale: 1, ports: [port("8000-8002")] },
      local: { host: "a", scale: 1, ports: [port("8001-8001", "10.0.0.2")] },
    },
  },
  "both ports of one container": {
    services: {
      both: { host: "a", ports: [port("80"), port("80-81")] },
      last: { host: "a", ports: [port("82-83")] },
    },
  },
  "a service avoids another one, but not itself": {
    services: { blue: { ...many(3), ...constraints("service != green") }, green: { host: "b" } },
  },
  "names of containers on two hosts of one engine": {
    services: { x: { ...one, container_name: "n" }, y: { ...one, container_name: "n" } },
    hosts: { a: { address: "tcp://x:1" }, b: { address: "tcp://x:1" }, c: {} },
  },
  "all rules of one service": {
    services: {
      web: {
        host: ["*", "!d"],
        deploy: {
          replicas: 2,
          placement: {
            constraints: ["node.labels.zone == EAST", "node.hostname != c", "service != db"],
            preferences: [{ spread: "node.labels.rack" }],
            max_replicas_per_node: 2,
          },
        },
      },
      db: { host: "d" },
      job: { deploy: { mode: "global-job", replicas: 1 } },
      drained: { host: ["b", "e"] },
      leader: {},
      linked: { links: ["leader:l"], host: "a" },
    },
    hosts: { ...zones, e: { drain: true, labels: { zone: "east" } } },
  },
  "hosts that drain": {
    services: { web: { host: "*" }, app: { host: "*", scale: 2 } },
    hosts: { a: {}, b: { drain: true }, c: { drain: true } },
    memory: { web: on("abc"), app: { b: 2 } },
  },
  "data that stays behind": {
    services: {
      one: { host: "b", volumes: [volume("data"), volume("shared"), volume("nfs")] },
      two: {
        host: "b",
        volumes: [
          volume("lost"),
          volume("data"),
          volume("data"),
          { type: "bind", source: "/srv", target: "/s" },
          { type: "tmpfs", target: "/t" },
        ],
      },
      none: { host: "b", volumes: [volume("nfs")] },
      split: { host: ["b", "c"], volumes: [volume("data")] },
      grown: { host: ["a", "b"], volumes: [volume("data")] },
    },
    hosts: three,
    memory: { one: on("a"), two: on("ac"), none: on("a"), split: on("a"), grown: on("a"), gone: on("a") },
    rest: {
      volumes: {
        data: { name: "shop_data" },
        shared: { name: "shop_shared", driver: "rexray" },
        nfs: { name: "shop_nfs", driver: "local", driver_opts: { type: "nfs4" } },
      },
    },
  },

  "impossible: an unknown host": { services: { web: { host: "x" } } },
  "impossible: no host matches": { services: { web: { host: ["x*", "!a"] } } },
  "impossible: all hosts are excluded": { services: { web: { host: ["a", "!a"] } } },
  "impossible: no host has the label": { services: { web: constraints("node.labels.disk == ssd") } },
  "impossible: a constraint on the role": { services: { web: constraints("node.role == manager") } },
  "impossible: a constraint on the platform": { services: { web: constraints("node.platform.os == linux") } },
  "impossible: a constraint on something else": { services: { web: constraints("node.x == y") } },
  "impossible: a constraint that cannot be parsed": { services: { web: constraints("disk") } },
  "impossible: a constraint on an unknown service": { services: { web: constraints("service == db") } },
  "impossible: a spread over ids": {
    services: { web: { deploy: { placement: { preferences: [{ spread: "node.id" }] } } } },
  },
  "impossible: too few hosts for a limit": {
    services: { web: { host: ["a", "b"], deploy: { replicas: 3, placement: { max_replicas_per_node: 1 } } } },
  },
  "impossible: global with replicas": { services: { web: { deploy: { mode: "global", replicas: 2 } } } },
  "impossible: an unknown mode": { services: { web: { deploy: { mode: "globl" } } } },
  "impossible: too many replicas": { services: { web: { scale: 10_001 } } },
  "impossible: too many replicas in deploy": { services: { web: { deploy: { replicas: 10_001 } } } },
  "impossible: a port twice": { services: { web: { host: "a", scale: 2, ports: [port("80")] } } },
  "impossible: a port on one address": {
    services: {
      api: { host: "a", ports: [port("80")] },
      web: { host: "*", ports: [port("80", "10.0.0.1")] },
    },
  },
  "impossible: a range that is too small": {
    services: { web: { host: "a", scale: 3, ports: [{ ...port("80-81", "::1"), protocol: "udp" }] } },
  },
  "impossible: a range whose ports are taken": {
    services: {
      api: { host: "a", ports: [port("80"), port("81")] },
      web: { host: "a", ports: [port("80-81")] },
    },
  },
  "impossible: a container name twice": {
    services: { web: { host: "a", container_name: "x" }, www: { host: "a", container_name: "x" } },
  },
  "impossible: too few CPUs": {
    services: { web: { host: "a", ...reserve(1.5) }, www: { host: "a", ...reserve(1) } },
    hosts: { a: { capacity: { cpus: 2 } } },
  },
  "impossible: too little memory": {
    services: { web: { host: "a", mem_reservation: "2147483648" } },
    hosts: { a: { capacity: { memory: "1g" } } },
  },
  "impossible: a host that drains": { services: { web: { host: "a" } }, hosts: { a: { drain: true } } },
  "impossible: a leader on another host": {
    services: { db: { host: "a" }, web: { host: "b", volumes_from: ["db"] } },
  },
  "impossible: a leader on one of two hosts": {
    services: { db: { host: "a" }, web: { host: ["a", "b"], network_mode: "service:db" } },
  },
  "impossible: followers on different hosts": {
    services: {
      a1: { host: "a", network_mode: "service:db" },
      b1: { host: "b", network_mode: "service:db" },
      db: {},
    },
  },
  "impossible: a follower on no host of its leader's": {
    services: {
      db: { host: ["a", "b"] },
      web: { host: "c", links: ["db"] },
      top: { host: "b", ipc: "service:db" },
    },
  },
  "impossible: services that avoid each other": {
    services: { blue: { host: "a", ...constraints("service != green") }, green: { host: "a" } },
  },
  "impossible: many hosts for many reasons": {
    services: {
      ...Object.fromEntries([..."abcdefgh"].map((host) => [`own-${host}`, { host, ports: [port("80")] }])),
      web: { host: "[a-h]", scale: 1, ports: [port("80")] },
    },
    hosts: Object.fromEntries([..."abcdefgh"].map((host) => [host, {}])),
  },
};

/** Positions have the path in the file as their file's name. */
function printed({ services, hosts = three, memory = {}, options, rest }: Case): string[] {
  const positionOf = (path: string) =>
    path === "hosts" || path === "hosts.default" ? undefined : { file: path, line: 1, column: 1 };
  const what = project(services, hosts, { positionOf, ...rest });
  try {
    const changed = moves(memory, place(what, memory, options));
    const behind = dataLeftBehind(what, changed).map(
      ({ message, at }) => `warning: ${message} (${at?.file ?? "no place"})`,
    );
    return [...placed(what, memory, options), ...changed.map((move) => JSON.stringify(move)), ...behind];
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code}: ${message}`.split("\n");
  }
}

printedSections("placements.txt", sectionsOf(placements, printed));
