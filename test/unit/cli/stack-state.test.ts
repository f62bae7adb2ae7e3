import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { applicationOf } from "../../../cli/application/application.js";
import { type ExportedResource, withoutHost } from "../../../cli/pulumi/forget-host.js";
import { prepare } from "../../../provider/planning/prepare.js";
import { byKind, ofProject, readState, secret } from "../../../provider/model/stack-state.js";
import { cli } from "../../support/cli/cli-run.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const host = { name: "b", address: "tcp://127.0.0.1:1" };
const type = (kind: string) => `pulumi-nodejs:dynamic/k2:${kind}`;
const urn = (kind: string, name: string) => `urn:pulumi:dev::shop::k2:index:Project$${type(kind)}::${name}`;

const resources = [
  {
    urn: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev",
    type: "pulumi:pulumi:Stack",
    outputs: { placement: {} },
  },
  { urn: urn("Host", "b"), type: type("Host"), inputs: { project: "shop", ...host } },
  service("db", []),
  service("web", [urn("HealthCheck", "db@b"), urn("Host", "b")]),
  { ...service("old", []), delete: true },
];

describe("a stack's state", () => {
  it("must be read from exports and from checkpoints", () => {
    for (const document of [{ deployment: { resources } }, { checkpoint: { latest: { resources } } }]) {
      const { hosts, services } = readState(document);
      assert.deepEqual([hosts.length, services.map(({ name }) => name)], [1, ["db@b", "web@b"]]);
      assert.deepEqual(services[1]!.after, ["db"]);
      assert.deepEqual(services[1]!.outputs, { containerIds: ["1"] });
    }
  });

  it("must contain dependencies as the ids of a plan, and only those on its own resources", () => {
    const others = ["urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", urn("Other", "x"), "b", ""];
    const dependencies = [urn("HealthCheck", "db@b"), `urn:pulumi:dev::shop::${type("Image")}::db:1`];
    const document = { deployment: { resources: [service("web", [...dependencies, ...others])] } };
    const [web] = readState(document).services;
    assert.deepEqual(web!.dependsOn, ["healthCheck db@b", "image db:1"]);
  });

  it("must neither show secrets nor treat them as values", () => {
    const { services } = readState({ deployment: { resources } });
    assert.deepEqual(services[0]!.inputs.environment, { PASSWORD: secret });
  });

  it("must be refused when it is invalid", () =>
    assert.throws(() => readState({}), /not the state of a Pulumi stack/));

  it("must be empty when nothing was ever deployed", () =>
    assert.deepEqual(readState({ deployment: {} }).services, []));

  it("must contain only the resources of one of several projects", () => {
    const kinds = [
      ...["Host", "Network", "Volume", "Image", "Service", "HealthCheck", "ImageTag"],
      ...["Swarm", "SwarmNode", "SwarmConfig", "SwarmSecret", "SwarmService"],
    ];
    const ofBoth = ["shop", "other"].flatMap((project) => [
      ...kinds.map((kind) => ({
        urn: urn(kind, `${project} ${kind}`),
        type: type(kind),
        inputs: { project, host },
      })),
      { urn: urn("Image", project), type: type("Image"), inputs: { project, image: "web" } },
    ]);
    const both = readState({ deployment: { resources: ofBoth } });
    for (const list of Object.values(byKind(both))) assert.equal(list.length, 2);
    for (const list of Object.values(byKind(ofProject(both, "shop"))))
      assert.deepEqual(
        list.map(({ inputs }) => inputs.project),
        ["shop"],
      );
  });

  it("must remove a host with all its resources and all references to it", () => {
    const { stack, gone } = withoutHost(
      { deployment: { resources: [...resources, service("far", [urn("Service", "db@b")], "a")] } },
      "b",
    );
    assert.deepEqual(
      gone.map((name) => name.split("::").at(-1)),
      ["b", "db@b", "web@b", "old@b"],
    );
    assert.deepEqual((stack.deployment.resources!.at(-1) as ExportedResource).dependencies, []);
  });
});

describe("the stack that is used", () => {
  it("must be the selected stack of the Pulumi project beside the compose file", async () => {
    const { folder, env, home } = place({
      "Pulumi.yaml": "name: shop\n",
      "index.js": 'export { default } from "k2-compose/program";',
    });
    writeStack(home, "shop/dev.json", JSON.stringify(checkpoint));
    writeStack(home, "shop/prod.json", JSON.stringify({ checkpoint: { latest: {} } }));
    select(env.PULUMI_HOME, folder, env.PULUMI_BACKEND_URL, "organization/shop/dev");
    assert.match((await cli(["show"], { cwd: folder, env })).stdout, /│ b +│ 127\.0\.0\.1:1 │ - db +│/);
    assert.match(
      (await cli(["--stack", "prod", "-p", "shop", "show"], { cwd: folder, env })).stdout,
      /default/,
    );
  });

  it("must be the project k2-compose, and a stack of the compose project's name, without a Pulumi.yaml", async () => {
    const { folder, env, home } = place({});
    writeStack(home, "k2-compose/shop.json.gz", gzipSync(JSON.stringify(checkpoint)));
    const { stdout, code } = await cli(["-p", "shop", "show", "--placement", "--json"], { cwd: folder, env });
    assert.deepEqual([code, JSON.parse(stdout)], [0, { db: { b: 1 }, web: { b: 1 } }]);
  });

  it("must take the compose files that the stack's configuration names", async () => {
    const config = "name: shop\nconfig:\n  k2-compose:files: sub/app.yml\n";
    const { folder, env } = place({
      "Pulumi.yaml": config,
      "index.js": 'import "k2-compose/program";',
      "sub/app.yml": "name: sub\nservices: {one: {image: x}}\n",
    });
    assert.match((await cli(["show"], { cwd: folder, env })).stdout, /app\.yml/);
  });

  it("must be the base of its certificate paths, regardless of the compose file's folder", async () => {
    const file = (tls: string) => `hosts: {a: {address: "a:2376", tls: ${tls}}}
services: {web: {image: x, host: a}}`;
    for (const [written, kept, found] of [
      ["./certs", "deploy/certs", "/p/deploy/certs"],
      ["~/certs", "~/certs", "~/certs"],
      ["/etc/certs", "/etc/certs", "/etc/certs"],
      ["secret://prod", "secret://prod", "secret://prod"],
    ] as const) {
      const read = () => file(written);
      const options = { cwd: "/p/deploy", env: {}, files: ["compose.yml"], profiles: [], read };
      const { project, plan } = await prepare({ ...options, base: "/p" });
      const host = plan.nodes.find(({ kind }) => kind === "host")!.inputs as { tls?: string };
      assert.equal(host.tls, kept);
      const state = {
        deployment: { resources: [{ urn: urn("Host", "a"), type: type("Host"), inputs: host }] },
      };
      const { hosts } = applicationOf({
        ...{ project: undefined, state: readState(state), name: project.name, env: {}, folder: "/p" },
      });
      assert.equal(hosts[0]!.tls, found);
    }
  });

  it("must expand ~ in certificate paths", async () => {
    const { folder, env } = place({
      "compose.yml": 'hosts: {a: {address: "a:2376", tls: ~/certs}}\nservices: {web: {image: x, host: a}}\n',
    });
    const variables = (await cli(["hosts", "env", "a"], { cwd: folder, env })).stdout;
    assert.ok(variables.includes(`DOCKER_CERT_PATH='${join(homedir(), "certs")}'`), variables);
  });

  it("must be reported missing when there is neither file nor state", async () => {
    const { folder, env } = place({});
    const { code, stderr } = await cli(["ps"], { cwd: folder, env });
    assert.equal(code, 7);
    assert.match(stderr, /no compose file found, and no stack/);
  });
});

const checkpoint = { checkpoint: { latest: { resources } } };

function service(name: string, dependencies: string[], on = "b") {
  const inputs = {
    ...{ project: "shop", service: name, replicas: 1, image: "x", host: { ...host, name: on } },
    environment: {
      PASSWORD: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1" },
    },
    __provider: "...",
  };
  return {
    urn: urn("Service", `${name}@${on}`),
    type: type("Service"),
    inputs,
    outputs: { ...inputs, containerIds: ["1"] },
    dependencies,
  };
}

function place(files: Record<string, string>) {
  const home = temporaryFolder("state");
  const folder = join(home, "project");
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const env = { HOME: home, PULUMI_HOME: join(home, ".pulumi"), PULUMI_BACKEND_URL: `file://${home}/state` };
  return { home, folder, env };
}

function writeStack(home: string, name: string, data: string | Buffer): void {
  const file = join(home, "state/.pulumi/stacks", name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
}

/** Writes the file that `pulumi stack select` writes. */
function select(home: string, folder: string, backend: string, stack: string): void {
  const id = createHash("sha1").update(join(folder, "Pulumi.yaml")).digest("hex");
  mkdirSync(join(home, "workspaces"), { recursive: true });
  writeFileSync(
    join(home, "workspaces", `shop-${id}-workspace.json`),
    JSON.stringify({ stacks: { [backend]: stack } }),
  );
}
