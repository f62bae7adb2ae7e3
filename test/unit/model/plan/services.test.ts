import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServiceInputs } from "../../../../provider/model/kinds.js";
import { printPlan } from "../../../../provider/model/plan/plan.js";
import { contextOf, nodeOf, planOf, printedPlanOf } from "../../../support/model/plans.js";

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
      await printedPlanOf(text),
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
      await printedPlanOf(text),
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
      await printedPlanOf(text),
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
      await printedPlanOf(text),
      `
host default                  unix:///var/run/docker.sock
network shop_default@default
image web
image web@default             after image web
service web@default           x1  after network shop_default@default, image web@default
`,
    );
    assert.equal(
      await printedPlanOf(text, ["debug"]),
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
    const { context } = nodeOf(await planOf(text), "host default");
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
    const made = await planOf(text);
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
    assert.deepEqual(nodeOf(await planOf(text), "service web@a").inputs, {
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
    const { nodes } = await planOf(named("scale: 1", onSsd));
    const services = nodes.filter(({ kind }) => kind === "service").map(({ name }) => name);
    assert.deepEqual(services, ["web@default", "www@b"]);
    await assert.rejects(planOf(named("scale: 1", "scale: 1")), /already the container name of service web/);
    await assert.rejects(planOf(named("host: b", onSsd)), /on b: container name one is used by web/);
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
      planOf(text("{driver: overlay}")),
      /:6:\d+: networks\.mesh: containers cannot join this overlay network[^]*Set attachable: true/,
    );
    await planOf(text("{driver: overlay, attachable: true}"));
    await planOf(text("{external: true}"));
  });

  for (const [naming, project] of Object.entries({
    compose: "k2-compose_test",
    compatibility: "k2-compose_test",
    legacy: "k2composetest",
  })) {
    it(`with "naming: ${naming}" names are those of the docker compose of that time`, async () => {
      for (const key of ["naming", "x-naming"]) {
        const text = `{project: K2-compose_test, ${key}: ${naming}, services: {busybox1: {build: .}}}`;
        const { project: name, nodes } = await planOf(text);
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
