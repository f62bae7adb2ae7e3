import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServiceContext } from "../../../../provider/model/kinds.js";
import { Ref } from "../../../../provider/model/plan/node.js";
import { printPlan } from "../../../../provider/model/plan/plan.js";
import { contextOf, nodeOf, planOf, printedPlanOf } from "../../../support/model/plans.js";

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

describe("the order of a plan", () => {
  it("lets a service wait for the health check of another, on any host", async () => {
    assert.equal(
      await printedPlanOf(shop),
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
    const made = await planOf(text);
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
    const made = await planOf(text);
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
    const lines = printPlan(await planOf(text))
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
    const made = await planOf(text);
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
    const text = `
name: shop
services:
  web: {image: web, network_mode: none, depends_on: {db: {condition: service_started, required: false}}}
  db: {image: db, network_mode: none}
`;
    const made = await planOf(text, { before: { old: { default: 1, gone: 1 } } });
    const { dependsOn, optional } = nodeOf(made, "service web@default");
    assert.deepEqual([dependsOn, optional], [["host default", "image web@default"], ["service db@default"]]);
    assert.match(printPlan(made), /service web@default .*after .*service db@default if it comes up/);
    const { hosts } = nodeOf(made, "host default").context as { hosts: { services: string[] }[] };
    assert.deepEqual(hosts[0]!.services, ["db", "old", "web"]);
  });
});

describe("values in a plan", () => {
  it("are references to another resource's output until they are known", async () => {
    const made = await planOf(shop);
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
    const { inputs } = nodeOf(await planOf(text), "service web@a");
    assert.deepEqual((inputs as { extra_hosts: string[] }).extra_hosts, [
      "mail=10.0.0.9",
      "own=1.2.3.4",
      "redis=10.0.0.6",
    ]);
  });
});
