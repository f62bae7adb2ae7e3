/** The part of a project for one host, and printed documents that load again as the same project. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toYaml, withoutVariables } from "../../../provider/compose/output/yaml-text.js";
import { load } from "../../../provider/compose/load/load.js";
import { toDocument } from "../../../provider/compose/output/config-text.js";
import type { Project } from "../../../provider/compose/types.js";
import { serviceHash } from "../../../provider/model/reconcile/config-hash.js";
import { renderForHost } from "../../../provider/model/plan/render-for-host.js";
import { fixturesOf, loadOptionsOf, printed } from "./fixtures.js";

async function loadText(text: string): Promise<Project> {
  const read = (file: string): string => {
    if (file === "/project/compose.yaml") return text;
    throw Object.assign(new Error(`no such file: ${file}`), { code: "ENOENT" });
  };
  return load({
    cwd: "/project",
    env: {},
    files: ["compose.yaml"],
    profiles: ["*"],
    read,
    allResources: true,
    // The printed document may contain references to services of inactive profiles, which it omits.
    consistency: false,
  });
}

const shop = `
name: shop
hosts: {a: 10.0.0.1:2375, b: 10.0.0.2:2375}
s_extra_hosts: {mail: 10.0.0.9, db: 10.0.0.8}
services:
  web:
    image: nginx
    host: a
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_healthy}}
    s_depends_on: [log]
    extra_hosts: {db: 10.0.0.7}
    networks: [front]
  cache: {image: redis, host: a, network_mode: host, health_check: {socket: "a:6379"}}
  log: {image: log, host: [a, b], pull_timeout: 20m, distribute: stream, sync: true}
  db: {image: postgres, host: b, volumes: ["data:/data"]}
networks: {front: , back: }
volumes: {data: }
`;

describe("the file for one host", () => {
  it("contains only that host's services, without k2-compose's attributes", async () => {
    const document = toDocument(renderForHost(await loadText(shop), "a"));
    const mail = ["db=10.0.0.8", "mail=10.0.0.9"];
    assert.deepEqual(JSON.parse(JSON.stringify(document)), {
      name: "shop",
      networks: { default: { name: "shop_default", ipam: {} }, front: { name: "shop_front", ipam: {} } },
      services: {
        cache: { command: null, entrypoint: null, image: "redis", network_mode: "host" },
        log: {
          command: null,
          entrypoint: null,
          extra_hosts: mail,
          image: "log",
          networks: { default: null },
        },
        web: {
          command: null,
          depends_on: {
            cache: { condition: "service_healthy", required: true },
            log: { condition: "service_started", required: true },
          },
          entrypoint: null,
          extra_hosts: ["db=10.0.0.7", "mail=10.0.0.9"],
          image: "nginx",
          networks: { front: null },
        },
      },
    });
  });

  it("prefers a service's own value for a name to the common one, and reports a difference", async () => {
    const text = `
s_extra_hosts: {db: 10.0.0.8, mail: 10.0.0.9}
services: {web: {image: x, extra_hosts: {db: 10.0.0.7, mail: 10.0.0.9}}}
`;
    const read = () => text;
    const project = await load({ cwd: "/project", env: {}, files: ["compose.yaml"], profiles: [], read });
    assert.deepEqual(project.warnings, [
      {
        message: "services.web.extra_hosts: db is 10.0.0.7 here, but 10.0.0.8 in s_extra_hosts",
        at: { file: "compose.yaml", line: 3, column: 41 },
      },
    ]);
  });

  it("states the number of containers", async () => {
    const project = await loadText(
      "hosts: {a: 1.1.1.1:1, b: 1.1.1.2:1}\nservices: {s: {image: x, host: [a, b], deploy: {replicas: 5}}}",
    );
    const rendered = renderForHost(project, "b", { s: { a: 3, b: 2 } });
    assert.equal(rendered.services.s?.deploy?.replicas, 2);
  });

  it("lists the hosts", async () => {
    const project = await loadText(shop);
    assert.throws(() => renderForHost(project, "c"), /no host "c" \(hosts: a, b, default\)/);
  });

  it("loads as it was rendered, with the same hashes", async () => {
    const rendered = renderForHost(await loadText(shop), "a");
    const again = await loadText(toYaml(withoutVariables(toDocument(rendered))));
    assert.deepEqual(toDocument(again), toDocument(rendered));
    for (const [name, service] of Object.entries(rendered.services)) {
      assert.equal(serviceHash(again.services[name]!), serviceHash(service));
    }
  });
});

for (const kind of ["accepted", "k2"] as const)
  describe(`load(print(load(file))) is load(file) for ${kind} files`, () => {
    for (const fixture of fixturesOf(kind))
      it(fixture.name, async () => {
        const project = await load({ ...loadOptionsOf(fixture), allResources: true });
        const text = toYaml(withoutVariables(toDocument(withoutFileLists(project))));
        const again = await loadText(text).catch((error: Error) => assert.fail(`${error.message}\n${text}`));
        assert.deepEqual(printed(again), printed(withoutFileLists(project)));
      });
  });

/** Removes label_file: `labels` has the files' contents, and the files do not exist for the second load. */
function withoutFileLists(project: Project): Project {
  const services = Object.fromEntries(
    Object.entries(project.services).map(([name, { label_file: _, ...service }]) => [name, service]),
  );
  return { ...project, services };
}

describe("a host over plain tcp", () => {
  const warningsOf = async (hosts: string, env: Record<string, string> = {}) => {
    const read = () => `hosts: ${hosts}\nservices: {web: {image: x}}\n`;
    return (await load({ cwd: "/project", env, files: ["compose.yaml"], profiles: [], read })).warnings;
  };

  it("is reported once, with the others, if it is another machine", async () => {
    const [warning, ...others] = await warningsOf(
      "{a: 10.0.0.5:2375, b: ssh://b, c: tcp://c, d: 127.0.0.1:1, e: {address: https://e}}",
    );
    assert.match(warning?.message ?? "", /^hosts\.a, hosts\.c: plain tcp:\/\/ has no authentication/);
    assert.deepEqual(warning?.at, { file: "compose.yaml", line: 1, column: 12 });
    assert.deepEqual(others, []);
  });

  it("is not reported with `insecure: true`, with certificates, or with those of docker's variables", async () => {
    const hosts = "{a: {address: 10.0.0.5:2375, insecure: true}, b: {address: 10.0.0.6:2376, tls: certs}}";
    assert.deepEqual(await warningsOf(hosts), []);
    const env = { DOCKER_HOST: "tcp://10.0.0.5:2376", DOCKER_TLS_VERIFY: "1" };
    assert.deepEqual(await warningsOf("{a: 10.0.0.5:2376}", env), []);
  });
});
