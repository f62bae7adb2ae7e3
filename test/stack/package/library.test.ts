import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, removeProject } from "../../support/bed/http-engine.js";
import { shown } from "../../support/docs/pages.js";
import { typeErrors } from "../../support/docs/type-errors.js";
import { named, useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const page = shown("README.md", 'import { ComposeProject } from "k2-compose";');

/** The README's program. Its host is created by another resource, so that its address is unknown in a preview. */
const program = `import { secret } from "@pulumi/pulumi/output.js";
import { CustomResource } from "@pulumi/pulumi/resource.js";

const provider = \`exports.handler = () => ({
  create: async (inputs) => ({ id: "machine", outs: { ...inputs, address: inputs.wanted } }),
  diff: async (id, olds, news) => ({ changes: olds.wanted !== news.wanted }),
  update: async (id, olds, news) => ({ outs: { ...news, address: news.wanted } }),
})\`;

class Machine extends CustomResource {
  constructor(name, wanted) {
    super("pulumi-nodejs:dynamic:Resource", name, { wanted, address: undefined, __provider: provider });
  }
}

const server = { ipv4Address: new Machine("machine", process.env.ADDRESS).address };
const config = { requireSecret: (name) => secret(name + " of the stack") };
${page.replace("ssh://root@${ip}", "tcp://${ip}:2375")}
const hosts = { front: server.ipv4Address.apply((ip) => "tcp://" + ip + ":2375") };
export const blog = new ComposeProject("blog", { files: ["blog.yml"], hosts }).services;
`;

const file = `services:
  web:
    ${idle}
    host: front
    environment: { PASSWORD: "\${DB_PASSWORD:-}" }
    networks: [front]
networks:
  front:
`;
const declared = "hosts: { front: tcp://replaced.by.the.program:2375 }\n";

it("the README's program compiles against the types of the package", () => {
  const declared = `import { Config, type Output } from "@pulumi/pulumi";
declare const config: Config;
declare const server: { ipv4Address: Output<string> };
`;
  assert.deepEqual(typeErrors(declared + page), []);
});

describe("ComposeProject in a user's program", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  let two: Workspace;
  before(async () => {
    two = await workspace("library", { program });
    two.env.ADDRESS = host("a").ip;
    two.write("k2-compose.yml", `name: ${two.project}-shop\n${declared}${file}`);
    two.write("blog.yml", `name: ${two.project}-blog\n${file}`);
  });

  it("must be previewed although the address of its host is not known yet", async () => {
    const steps = await two.preview();
    assert.deepEqual(named("Service", steps).sort(), ["blog/web@front", "shop/web@front"]);
    assert.ok(steps.every(({ op }) => op === "create"));
  });

  it("must be deployed to that host, with two projects side by side", async () => {
    await two.mustPulumi("up", "--yes", "--skip-preview");
    for (const name of ["shop", "blog"]) {
      const [web] = await containersOf(host("a"), `${two.project}-${name}`);
      assert.equal(web!.Name, `${two.project}-${name}-web-1`);
      assert.equal(web!.State.Status, "running");
      const password = name === "shop" ? "dbPassword of the stack" : "";
      assert.ok(web!.Config.Env.includes(`PASSWORD=${password}`));
    }
  });

  it("must return its containers as outputs", async () => {
    const outputs = JSON.parse(await two.mustPulumi("stack", "output", "--json")) as Record<
      string,
      Record<string, { name: string }[]>
    >;
    assert.deepEqual(
      outputs.services!["web@front"]!.map(({ name }) => name),
      [`${two.project}-shop-web-1`],
    );
  });

  it("must be managed by commands, which take the host's address from the state", async () => {
    for (const name of ["shop", "blog"]) {
      const project = `${two.project}-${name}`;
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await two.cli(
          "-f",
          name === "shop" ? "k2-compose.yml" : "blog.yml",
          "-p",
          project,
          ...args,
        );
        assert.equal(code, 0, stderr);
        return stdout;
      };
      assert.match(await run("ps"), /web +\| front +\| running/);
      await run("logs", "web");
      assert.equal(await run("exec", "-T", "web", "echo", "here"), "here\n");
      assert.match(await run("config"), new RegExp(`address: ${host("a").address}`));
      await run("restart", "web");
    }
  });

  it("must have nothing to do in a second `up` and in a refresh", async () => {
    await two.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await two.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must leave nothing behind", async () => {
    await two.mustPulumi("destroy", "--yes", "--skip-preview");
    for (const name of ["shop", "blog"]) {
      assert.deepEqual(await containersOf(host("a"), `${two.project}-${name}`), []);
      await removeProject(host("a"), `${two.project}-${name}`);
    }
  });
});
