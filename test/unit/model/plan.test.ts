import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wayToHosts } from "../../../provider/model/images/transfer-way.js";
import type {
  HostImageContext,
  ImageContext,
  ImageInputs,
  ImageTagContext,
  ServiceContext,
  ServiceInputs,
} from "../../../provider/model/kinds.js";
import { resourceKinds } from "../../../provider/model/kinds.js";
import { gateText } from "../../../provider/model/reconcile/operations.js";
import { place } from "../../../provider/model/placement/place.js";
import { plan, printPlan } from "../../../provider/model/plan/plan.js";
import { type Plan, type PlanNode, Ref } from "../../../provider/model/plan/node.js";
import { loaded } from "../../support/model/project.js";

async function planned(text: string, profiles?: string[], synced = {}): Promise<Plan> {
  const project = await loaded(text, profiles);
  return plan(project, { placement: place(project), contents: { configs: {}, secrets: {} }, synced });
}

async function printed(text: string, profiles?: string[]): Promise<string> {
  return `\n${printPlan(await planned(text, profiles))}\n`;
}

/** Returns the context of a service, with references typed as values. */
function contextOf(made: Plan, service: string): ServiceContext {
  return nodeOf(made, `service ${service}`).context as ServiceContext;
}

function nodeOf({ nodes }: Plan, id: string): PlanNode {
  const found = nodes.find((node) => node.id === id);
  assert.ok(found, `no ${id} in ${nodes.map((node) => node.id).join(", ")}`);
  return found;
}

const shop = `
name: shop
hosts:
  as: 10.0.0.5:2375
  b: ssh://ops@b
services:
  redis:
    image: redis:7
    host: as
    volumes: [data:/data]
    health_check: {socket: "as:6379"}
  web:
    image: shop/web:3
    host: b
    deploy: {replicas: 2}
    depends_on: [redis]
volumes:
  data:
`;

describe("services of a plan", () => {
  it("are on the hosts of the manual's example, with a health check and their order", async () => {
    const text = `
version: "2"
hosts:
  as: localhost:4243
project: k2-compose-test
s_extra_hosts:
  busybox: 192.168.1.2
services:
  busybox1:
    image: busybox:latest
    health_check: {shell: echo "ok." && exit 0, timeout: 10}
    entrypoint: ["ping", "localhost"]
  busybox2:
    image: busybox:latest
    host: as
    health_check: {http: www.baidu.com, timeout: 10}
    entrypoint: ["ping", "localhost"]
    s_depends_on: [busybox1]
`;
    assert.equal(
      await printed(text),
      `
host as                                  tcp://localhost:4243
host default                             unix:///var/run/docker.sock
network k2-compose-test_default@as
network k2-compose-test_default@default
image busybox:latest
image busybox:latest@as                  after image busybox:latest
image busybox:latest@default             after image busybox:latest
service busybox1@default                 x1  after network k2-compose-test_default@default, image busybox:latest@default
healthCheck busybox1@default             shell echo "ok." && exit 0, 10s  after service busybox1@default
service busybox2@as                      x1  after network k2-compose-test_default@as, image busybox:latest@as, healthCheck busybox1@default
healthCheck busybox2@as                  http www.baidu.com, 10s  after service busybox2@as
`,
    );
  });

  it("may run on many hosts, with one digest for all", async () => {
    const text = `
name: shop
hosts: {a: "a:2375", b: "b:2375", c: "c:2375"}
services:
  agent: {image: agent, deploy: {mode: global}}
  arm: {image: agent, platform: linux/arm64, host: a, pull_policy: always}
  web: {image: web, host: "*", scale: 4, s_depends_on: [agent]}
`;
    assert.equal(
      await printed(text),
      `
host a                     tcp://a:2375
host b                     tcp://b:2375
host c                     tcp://c:2375
network shop_default@a
network shop_default@b
network shop_default@c
image agent
image agent linux/arm64
image web
image agent linux/arm64@a  after image agent linux/arm64
image agent@a              after image agent
image agent@b              after image agent
image agent@c              after image agent
image web@a                after image web
image web@b                after image web
image web@c                after image web
service agent@a            x1  after network shop_default@a, image agent@a
service agent@b            x1  after network shop_default@b, image agent@b
service agent@c            x1  after network shop_default@c, image agent@c
service arm@a              x1  after network shop_default@a, image agent linux/arm64@a
service web@a              x1  after network shop_default@a, image web@a, service agent@a, service agent@b, service agent@c
service web@b              x1  after network shop_default@b, image web@b, service agent@a, service agent@b, service agent@c
service web@c              x2  after network shop_default@c, image web@c, service agent@a, service agent@b, service agent@c
`,
    );
  });

  it("have their networks and volumes on each host that needs them, external ones too", async () => {
    const text = `
name: shop
hosts: {a: "a:2375", b: "b:2375"}
services:
  one: {image: app, host: a, networks: [back, front], volumes: ["data:/d", "/anonymous", "/srv:/srv"]}
  two: {image: app, host: b, networks: [back]}
networks:
  back:
  front: {external: true, name: edge}
  unused:
volumes:
  data: {external: true}
`;
    assert.equal(
      await printed(text),
      `
host a               tcp://a:2375
host b               tcp://b:2375
network edge@a
network shop_back@a
network shop_back@b
volume data@a
image app
image app@a          after image app
image app@b          after image app
service one@a        x1  after network shop_back@a, network edge@a, volume data@a, image app@a
service two@b        x1  after network shop_back@b, image app@b
`,
    );
  });

  it("are neither planned nor orphans without an enabled profile", async () => {
    const text = `
name: shop
services:
  web: {image: web}
  debug: {image: debug, profiles: [debug]}
`;
    assert.equal(
      await printed(text),
      `
host default                  unix:///var/run/docker.sock
network shop_default@default
image web
image web@default             after image web
service web@default           x1  after network shop_default@default, image web@default
`,
    );
    assert.equal(
      await printed(text, ["debug"]),
      `
host default                  unix:///var/run/docker.sock
network shop_default@default
image debug
image web
image debug@default           after image debug
image web@default             after image web
service debug@default         x1  after network shop_default@default, image debug@default
service web@default           x1  after network shop_default@default, image web@default
`,
    );
    const { context } = nodeOf(await planned(text), "host default");
    assert.deepEqual(context, {
      hosts: [
        { host: { name: "default", address: "unix:///var/run/docker.sock" }, services: ["debug", "web"] },
      ],
    });
  });

  it("are planned when scaled to 0, and no other service waits for them to be healthy", async () => {
    const text = `
name: shop
services:
  db: {image: db, scale: 0, health_check: {socket: "db:5432"}}
  web: {image: web, depends_on: [db]}
`;
    const made = await planned(text);
    assert.equal(
      `\n${printPlan(made)}\n`,
      `
host default                  unix:///var/run/docker.sock
network shop_default@default
image db
image web
image db@default              after image db
image web@default             after image web
service db@default            x0  after network shop_default@default, image db@default
service web@default           x1  after network shop_default@default, image web@default, service db@default
`,
    );
    assert.deepEqual(contextOf(made, "web@default").gates, []);
  });

  it("send their attributes to the engine, without those that the plan has resolved", async () => {
    const text = `
name: shop
hosts: {a: "a:2375"}
naming: legacy
s_extra_hosts: {db: 10.0.0.9}
services:
  db: {image: db}
  web: {image: web, host: a, scale: 2, command: run, profiles: [], extra_hosts: ["cache=10.0.0.7"], depends_on: [db], pull_policy: always, pull_timeout: 9}
`;
    assert.deepEqual(nodeOf(await planned(text), "service web@a").inputs, {
      command: ["run"],
      extra_hosts: ["cache=10.0.0.7", "db=10.0.0.9"],
      host: { name: "a", address: "tcp://a:2375" },
      image: "web",
      naming: "legacy",
      networks: { default: null },
      project: "shop",
      replicas: 2,
      service: "web",
    });
  });

  it("may use one container_name if a placement keeps them apart", async () => {
    const named = (web: string, www: string) => `
name: shop
hosts: {a: "unix:///a.sock", b: {address: "unix:///b.sock", labels: {disk: ssd}}, default: "unix:///c.sock"}
services:
  web: {image: web, network_mode: none, container_name: one, ${web}}
  www: {image: web, network_mode: none, container_name: one, ${www}}
`;
    const onSsd = "deploy: {placement: {constraints: [node.labels.disk == ssd]}}";
    const { nodes } = await planned(named("scale: 1", onSsd));
    const services = nodes.filter(({ kind }) => kind === "service").map(({ name }) => name);
    assert.deepEqual(services, ["web@default", "www@b"]);
    await assert.rejects(planned(named("scale: 1", "scale: 1")), /already the container name of service web/);
    await assert.rejects(planned(named("host: b", onSsd)), /on b: container name one is used by web/);
  });

  it("cannot use an overlay network that is not attachable", async () => {
    const text = (mesh: string) => `
hosts: {a: "a:2375"}
services:
  web: {image: web, host: a, networks: [mesh]}
networks:
  mesh: ${mesh}
`;
    await assert.rejects(
      planned(text("{driver: overlay}")),
      /:6:\d+: networks\.mesh: containers cannot join this overlay network[^]*Set attachable: true/,
    );
    await planned(text("{driver: overlay, attachable: true}"));
    await planned(text("{external: true}"));
  });

  for (const [naming, project] of Object.entries({
    compose: "k2-compose_test",
    compatibility: "k2-compose_test",
    legacy: "k2composetest",
  })) {
    it(`with "naming: ${naming}" names are those of the docker compose of that time`, async () => {
      for (const key of ["naming", "x-naming"]) {
        const text = `{project: K2-compose_test, ${key}: ${naming}, services: {busybox1: {build: .}}}`;
        const { project: name, nodes } = await planned(text);
        assert.equal(name, project);
        const networks = nodes.filter(({ kind }) => kind === "network").map((network) => network.name);
        assert.deepEqual(networks, [`${project}_default@default`]);
        const { image, naming: written } = nodes.find(({ kind }) => kind === "service")!
          .inputs as ServiceInputs;
        const separator = naming === "compose" ? "-" : "_";
        assert.deepEqual(
          [image, written],
          [`${project}${separator}busybox1`, naming === "compose" ? undefined : naming],
        );
      }
    });
  }
});

describe("the order of a plan", () => {
  it("lets a service wait for the health check of another, on any host", async () => {
    assert.equal(
      await printed(shop),
      `
host as                  tcp://10.0.0.5:2375
host b                   ssh://ops@b
network shop_default@as
network shop_default@b
volume shop_data@as
image redis:7
image shop/web:3
image redis:7@as         after image redis:7
image shop/web:3@b       after image shop/web:3
service redis@as         x1  after network shop_default@as, volume shop_data@as, image redis:7@as
healthCheck redis@as     socket as:6379  after service redis@as
service web@b            x2  after network shop_default@b, image shop/web:3@b, healthCheck redis@as
`,
    );
  });

  it("puts a service after those whose namespaces, volumes or links it shares", async () => {
    const text = `
name: shop
services:
  main: {image: app}
  backup: {image: app, volumes_from: ["main:ro"]}
  debug: {image: app, network_mode: "service:main", pid: "service:main"}
  front: {image: app, links: ["main:api"]}
  own: {image: app, network_mode: host}
`;
    const made = await planned(text);
    assert.equal(
      `\n${printPlan(made)}\n`,
      `
host default                  unix:///var/run/docker.sock
network shop_default@default
image app
image app@default             after image app
service main@default          x1  after network shop_default@default, image app@default
service backup@default        x1  after network shop_default@default, image app@default, service main@default
service debug@default         x1  after image app@default, service main@default
service front@default         x1  after network shop_default@default, image app@default, service main@default
service own@default           x1  after image app@default
`,
    );
    const shares = ["backup", "debug", "front"].map((name) => contextOf(made, `${name}@default`).shares);
    const main = { main: new Ref("service main@default", "containerIds") };
    assert.deepEqual(shares, [main, main, {}]);
  });

  it("treats a service as a job if others wait for its completion, or if it is not restarted", async () => {
    const text = `
name: shop
services:
  migrate: {image: app}
  once: {image: app, restart: "no"}
  retry: {image: app, restart: "on-failure:3"}
  web: {image: app, restart: always, depends_on: {migrate: {condition: service_completed_successfully}}}
  plain: {image: app}
`;
    const made = await planned(text);
    const jobs = made.nodes.filter(
      ({ kind, context }) => kind === "service" && (context as ServiceContext).job,
    );
    assert.deepEqual(
      jobs.map(({ name }) => name),
      ["migrate@default", "once@default", "retry@default"],
    );
  });

  it("divides many hosts into groups of update_config.parallelism, one after the other", async () => {
    const text = `
name: shop
hosts: {a: "a:2375", b: "b:2375", c: "c:2375"}
services:
  web: {image: web, host: [a, b, c], network_mode: none, deploy: {update_config: {parallelism: 2}}}
`;
    const lines = printPlan(await planned(text))
      .split("\n")
      .filter((line) => line.startsWith("service"));
    assert.deepEqual(lines, [
      "service web@a  x1  after image web@a",
      "service web@b  x1  after image web@b",
      "service web@c  x1  after image web@c, service web@a, service web@b",
    ]);
  });

  it("restarts a dependent with restart: true when the dependency's containers are new", async () => {
    const text = `
name: shop
services:
  web: {image: web, network_mode: none, depends_on: {db: {condition: service_started, restart: true}}}
  db: {image: db, network_mode: none}
`;
    const made = await planned(text);
    assert.deepEqual(contextOf(made, "web@default").restarts, {
      "db@default": new Ref("service db@default", "containerIds"),
    });
    const { followers = [] } = contextOf(made, "db@default");
    assert.deepEqual(
      followers.map(({ service, host }) => `${service}@${host.name}`),
      ["web@default"],
      "the handler of db restarts web if an update of db fails and is rolled back",
    );
  });

  it("waits for an optional dependency without depending on it, and keeps earlier services of the host", async () => {
    const project = await loaded(`
name: shop
services:
  web: {image: web, network_mode: none, depends_on: {db: {condition: service_started, required: false}}}
  db: {image: db, network_mode: none}
`);
    const contents = { configs: {}, secrets: {} };
    const made = plan(project, {
      ...{ placement: place(project), contents, before: { old: { default: 1, gone: 1 } } },
    });
    const { dependsOn, optional } = nodeOf(made, "service web@default");
    assert.deepEqual([dependsOn, optional], [["host default", "image web@default"], ["service db@default"]]);
    assert.match(printPlan(made), /service web@default .*after .*service db@default if it comes up/);
    const { hosts } = nodeOf(made, "host default").context as { hosts: { services: string[] }[] };
    assert.deepEqual(hosts[0]!.services, ["db", "old", "web"]);
  });
});

describe("values in a plan", () => {
  it("are references to another resource's output until they are known", async () => {
    const made = await planned(shop);
    const { context } = nodeOf(made, "service web@b");
    const redis = {
      project: "shop",
      service: "redis",
      host: { name: "as", address: "tcp://10.0.0.5:2375" },
      condition: "service_started",
      required: true,
      probe: { socket: "as:6379" },
    };
    assert.deepEqual(context, {
      imageId: new Ref("image shop/web:3@b", "imageId"),
      imageHealthcheck: new Ref("image shop/web:3@b", "healthcheck"),
      shares: {},
      networks: { default: "shop_default" },
      volumes: {},
      gates: [redis],
      workingDir: "/shop",
      configFiles: ["/shop/k2-compose.yml"],
      job: false,
      hashed: {},
    });
    assert.deepEqual(nodeOf(made, "healthCheck redis@as").context, {
      revision: new Ref("service redis@as", "revision"),
    });
    assert.deepEqual(nodeOf(made, "image redis:7@as").context, {
      digest: new Ref("image redis:7", "digest"),
    });
    assert.deepEqual(nodeOf(made, "service redis@as").context, {
      ...context,
      imageId: new Ref("image redis:7@as", "imageId"),
      imageHealthcheck: new Ref("image redis:7@as", "healthcheck"),
      volumes: { data: "shop_data" },
      gates: [],
      probe: { socket: "as:6379" },
    });
  });

  it("contain the address of a dependency on another host that publishes a port", async () => {
    const text = `
name: shop
hosts: {a: "ssh://ops@10.0.0.5", b: "10.0.0.6:2375", c: "db.example:2375"}
s_extra_hosts: {mail: 10.0.0.9}
services:
  web:
    image: web
    host: a
    s_depends_on: [redis, hidden, named, near]
    depends_on: {own: {condition: service_started}}
    extra_hosts: ["own=1.2.3.4"]
  redis: {image: redis, host: b, ports: ["6379:6379"]}
  hidden: {image: redis, host: b}
  named: {image: redis, host: c, ports: ["1:1"]}
  near: {image: redis, host: a, ports: ["2:2"]}
  own: {image: redis, host: b, ports: ["3:3"]}
`;
    const { inputs } = nodeOf(await planned(text), "service web@a");
    assert.deepEqual((inputs as { extra_hosts: string[] }).extra_hosts, [
      "mail=10.0.0.9",
      "own=1.2.3.4",
      "redis=10.0.0.6",
    ]);
  });
});

describe("images of a plan", () => {
  it("have the strictest pull policy of their services", async () => {
    const policyOf = async (...policies: string[]) => {
      const services = policies.map((policy, at) => `  s${at}: {image: app, pull_policy: ${policy}}`);
      const made = await planned(["name: shop", "services:", ...services].join("\n"));
      return (nodeOf(made, "image app").inputs as ImageInputs).pull_policy;
    };
    assert.equal(await policyOf("never", "always", "missing"), "always");
    assert.equal(await policyOf("never", "missing"), undefined);
    assert.equal(await policyOf("never", "never"), "never");
    assert.equal(await policyOf("missing", "every_12h"), "every_12h");
  });

  it("know the hosts of an image that is not built, and whether one of its services streams it", async () => {
    const made = await planned(`
name: shop
hosts: {b: "b:2375", a: "a:2375"}
services:
  one: {image: app, host: b}
  two: {image: app, host: a, x-distribute: stream}
  single: {image: single, host: a}
`);
    const users = made.nodes.flatMap(({ id, context }) =>
      "users" in context ? [[id, context.users?.map(({ name }) => name).join(), context.way]] : [],
    );
    assert.deepEqual(users, [
      ["image app@a", "a,b", "stream"],
      ["image app@b", "a,b", "stream"],
    ]);
  });

  it("wait for a stalling registry as long as the most patient of their services", async () => {
    const project = await loaded(`
name: shop
hosts: {a: "a:2375", b: "b:2375"}
services:
  one: {image: app, host: a, x-pull-timeout: 1m30s}
  two: {image: app, host: b, build: ., pull_timeout: 20m}
  other: {image: other, host: b}
`);
    const made = plan(project, {
      placement: place(project),
      contents: { configs: {}, secrets: {} },
      saveSuffix: "-ok",
    });
    const timeouts = made.nodes.flatMap(({ id, context }) =>
      "pullTimeout" in context ? [`${id} ${String(context.pullTimeout)}`] : [],
    );
    assert.deepEqual(timeouts, [
      "image app 1200",
      "image app@a 1200",
      "image app@b 1200",
      "imageTag app:latest-ok 1200",
    ]);
  });

  it("are built by one service for all that use them, on its own host, under any name", async () => {
    const text = `
hosts: {a: "tcp://a:1", b: "tcp://b:1", c: "tcp://c:1"}
services:
  api: {image: shop, host: [a, c]}
  web: {image: shop, host: [b, c], build: .}
  top: {host: a, build: {context: ., additional_contexts: {ground: "service:web"}}}
  alike: {image: shop, host: c, build: .}
`;
    const made = await loaded(text);
    const build = (name: string) => ({
      inputs: { context: name },
      definition: { context: "." },
      secrets: {},
    });
    const builds = { web: build("web"), top: build("top"), alike: build("web") };
    const all = plan(made, { placement: place(made), contents: { configs: {}, secrets: {} }, builds });
    const stack = nodeOf(all, "image shop");
    assert.deepEqual((stack.inputs as ImageInputs).build, { context: "web" });
    assert.ok((stack.context as ImageContext).build);
    const [builder, ...others] = (stack.context as ImageContext).hosts.map(({ name }) => name);
    assert.deepEqual(
      others.toSorted(),
      ["a", "b", "c"].filter((name) => name !== builder),
    );
    assert.notEqual(builder, "a");
    for (const host of ["a", "b", "c"]) {
      const { builder: from } = nodeOf(all, `image shop@${host}`).context as HostImageContext;
      assert.equal(from?.name, builder, host);
    }
    const { bases } = nodeOf(all, "image shop-top").context as ImageContext;
    assert.equal(bases!["web"]!.builder.name, builder);
  });

  it("are sent to other hosts through the registry of their name", async () => {
    const ways = {
      "reg.example:5000/web": "either",
      "reg.example/web:1": "either",
      "docker.io/shop/web": "either",
      "shop/web": "stream",
      web: "stream",
      "localhost:5000/web": "stream",
      "127.0.0.1:5000/web": "stream",
    };
    for (const [image, expected] of Object.entries(ways))
      assert.equal(wayToHosts(image, undefined), expected, image);
    assert.equal(wayToHosts("shop/web", "registry"), "registry");
    assert.equal(wayToHosts("reg.example/web", "stream"), "stream");
    const nobody = await loaded("{services: {web: {build: ., distribute: registry}}}");
    const builds = { web: { inputs: {}, definition: { context: "." }, secrets: {} } };
    const planning = () =>
      plan(nobody, { placement: place(nobody), contents: { configs: {}, secrets: {} }, builds });
    assert.throws(planning, /services\.web\.distribute: no registry is named[^]*image: REGISTRY\/NAME/);
  });
});

describe("image tags of a plan", () => {
  it("wait for the health of every service that runs the image, changed or not", async () => {
    const project = await loaded(`
name: shop
hosts: {a: 10.0.0.5:2375, b: 10.0.0.6:2375}
services:
  web: {image: "shop/web:3", host: a, health_check: {http: "localhost:80"}}
  worker: {image: "shop/web:3", host: b}
  off: {image: "shop/web:3", host: a, scale: 0}
`);
    const contents = { configs: {}, secrets: {} };
    const made = plan(project, { placement: place(project), contents, saveSuffix: ".ok" });
    const { dependsOn, context } = nodeOf(made, "imageTag shop/web:3.ok");
    assert.deepEqual(dependsOn, ["service off@a", "healthCheck web@a", "service worker@b"]);
    assert.deepEqual((context as ImageTagContext).gates.map(gateText), [
      "web@a healthy and passing its health_check",
      "worker@b healthy",
    ]);
  });
});

describe("the names of a plan's resources", () => {
  it("differ, whatever the file repeats, and whichever hosts answer", async () => {
    const digest = `sha256:${"1a".repeat(32)}`;
    const project = await loaded(`
name: shop
hosts: {a: "a:2375", dead: "dead:2375", c: "c:2375"}
services:
  all: {image: app, deploy: {mode: global}, pre_start: [{image: app, command: "true"}, {image: tool, command: "true"}]}
  latest: {image: "app:latest", host: [a, dead], scale: 4, distribute: stream}
  arm: {image: app, platform: linux/arm64, host: "*", scale: 3}
  long: {image: docker.io/library/app, host: dead, networks: [one, two], volumes: ["one:/1", "two:/2"]}
  pinned: {image: "redis@${digest}", host: dead, health_check: {socket: "dead:1"}, depends_on: [all]}
  again: {image: "redis@${digest}", host: a, build: ., s_depends_on: [pinned]}
networks: {one: {name: same}, two: {name: same}}
volumes: {one: {name: same}, two: {name: same}}
`);
    const made = plan(project, {
      ...{ placement: place(project), contents: { configs: {}, secrets: {} }, saveSuffix: "-ok" },
    });
    const names = made.nodes.map(({ kind, name }) => `${resourceKinds[kind]}::${name}`);
    assert.ok(names.length > 40, String(names.length));
    assert.deepEqual(
      names.filter((name, at) => names.indexOf(name) !== at),
      [],
    );
  });

  it("cannot be that of one tag for two images", async () => {
    const project = await loaded(
      `{name: shop, services: {one: {image: "app:1"}, two: {image: "app:1@sha256:${"1a".repeat(32)}"}}}`,
    );
    const contents = { configs: {}, secrets: {} };
    assert.throws(
      () => plan(project, { placement: place(project), contents, saveSuffix: "-ok" }),
      /the images of one \(app:1\) and two \(app:1@sha256:\w+\) would both be saved as app:1-ok\n/,
    );
  });
});

describe("local folders of a plan", () => {
  it("cannot be mounted on another machine", async () => {
    const text = (address: string) => `
name: shop
hosts: {a: "${address}"}
services:
  web: {image: web, host: a, volumes: ["./site:/site", "/etc/ssl:/ssl"]}
`;
    await planned(text("unix:///run/docker.sock"));
    await planned(text("tcp://127.0.0.1:2375"));
    await assert.rejects(
      planned(text("ssh://ops@a")),
      /services\.web\.volumes: \.\/site is a folder of this machine, and a \(ssh:\/\/ops@a\)/,
    );
  });

  it("are uploaded with x-sync, if the mount is read-only", async () => {
    const text = (mount: string, address = "ssh://ops@a") => `
name: shop
hosts: {a: "${address}"}
services:
  web: {image: web, host: a, x-sync: true, volumes: ["${mount}", "/etc/ssl:/ssl"]}
`;
    const synced = { web: { "site/index.html": "3f2a" } };
    const sources = async (address?: string) => {
      const { inputs } = nodeOf(await planned(text("./site:/site:ro", address), [], synced), "service web@a");
      const { volumes, synced: uploaded } = inputs as ServiceInputs;
      return [volumes!.map(({ source }) => source), uploaded];
    };
    assert.deepEqual(await sources(), [["./site", "/etc/ssl"], synced.web]);
    assert.deepEqual(await sources("unix:///run/docker.sock"), [["/shop/site", "/etc/ssl"], undefined]);
    await assert.rejects(
      planned(text("./site:/site")),
      /\.\/site is uploaded to a .*, but could be written to there\n.*\(\.\/site:\/site:ro\)/,
    );
  });
});
