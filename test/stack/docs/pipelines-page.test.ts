import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { parse } from "yaml";
import { bedMissing } from "../../support/bed/bed.js";
import { command, type CommandResult } from "../../support/cli/command.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { shown } from "../../support/docs/pages.js";
import { checkout } from "../../support/scripts.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const pulumiYaml = shown("docs/pipelines.md", "# Pulumi.yaml");
const program = shown("docs/pipelines.md", "// index.js");
const workflow = shown("docs/pipelines.md", "name: deploy");
const { steps } = (parse(workflow) as { jobs: { shop: { steps: { if?: string; run: string }[] } } }).jobs
  .shop;

const compose = `services:
  web:
    ${idle}
    env_file: web.env
    configs:
      - source: page
        target: /page.html
configs:
  page:
    file: ./pages/index.html
`;

describe("a project in a repository", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  let origin: string;
  before(async () => {
    const files = {
      "compose.yml": compose,
      "web.env": "COLOUR=blue\n",
      "pages/index.html": "<h1>shop</h1>\n",
    };
    shop = await workspace("gitops", { files, program, env: { DOCKER_HOST: host("a").address } });
    shop.write("Pulumi.yaml", pulumiYaml.replace("shop", shop.project));
    origin = join(shop.folder, "origin.git");
    await push();
  });

  it("must be deployed from a clone after `npm ci`", async () => {
    const clone = await cloneTo("runner-1");
    await run(clone, "npm", "ci", ...quiet);
    const preview = await job(clone, "pull_request");
    assert.match(preview.stdout, /image *: "k2-test\/busybox:1"/);
    await job(clone, "push");
    const [web] = await containersOf(host("a"), shop.project);
    assert.equal(web!.State.Status, "running");
    assert.ok(web!.Config.Env.includes("COLOUR=blue"));
  });

  it("must have nothing to do in a second clone at another path", async () => {
    const clone = await cloneTo("another/place/runner-2");
    // `npm ci` would install the same.
    await run(clone, "cp", "-a", join(shop.folder, "runner-1/node_modules"), clone);
    await job(clone, "schedule");
    await pulumi(clone, "refresh", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must fail the hourly job when a host was changed by hand, and repair the host at the next push", async () => {
    const clone = join(shop.folder, "runner-1");
    const [web] = await containersOf(host("a"), shop.project);
    await engine(host("a"), "POST", `/containers/${web!.Id}/stop?t=0`);
    await assert.rejects(job(clone, "schedule"), /drift.*is exited: will be started/);
    await job(clone, "push");
    await job(clone, "schedule");
  });

  /** Pushes a project as users have it. The package comes from a tarball in the repository instead of a registry. */
  async function push(): Promise<void> {
    const author = join(shop.folder, "author");
    for (const name of readdirSync(shop.folder)) {
      if (name === "node_modules" || name === ".home") continue;
      cpSync(join(shop.folder, name), join(author, name), { recursive: true });
    }
    const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", author];
    const [{ filename }] = JSON.parse((await run(checkout, "npm", ...pack)).stdout) as [{ filename: string }];
    const sdk = join(checkout, "node_modules/@pulumi/pulumi/package.json");
    const { version } = JSON.parse(readFileSync(sdk, "utf8")) as { version: string };
    const dependencies = { "k2-compose": `file:${filename}`, "@pulumi/pulumi": version };
    writeFileSync(
      join(author, "package.json"),
      JSON.stringify({ private: true, type: "module", dependencies }),
    );
    writeFileSync(join(author, ".gitignore"), "node_modules\n");
    await run(author, "npm", "install", "--package-lock-only", ...quiet);
    await run(author, "git", "init", "--quiet", "--bare", origin);
    await run(author, "git", "init", "--quiet", "--initial-branch", "main");
    await run(author, "git", "add", ".");
    await run(author, "git", ...identity, "commit", "--quiet", "--message", "Shop");
    await run(author, "git", "push", "--quiet", origin, "main");
  }

  async function cloneTo(path: string): Promise<string> {
    const clone = join(shop.folder, path);
    mkdirSync(clone, { recursive: true });
    await run(shop.folder, "git", "clone", "--quiet", "--branch", "main", origin, clone);
    return clone;
  }

  /** Runs the page's step for this event, unchanged. */
  async function job(clone: string, event: string): Promise<CommandResult> {
    const step = steps.find((one) => one.if === `github.event_name == '${event}'`);
    return must(event, [], await command("bash", ["-c", step!.run], { cwd: clone, env: shop.env }));
  }

  async function pulumi(clone: string, ...args: string[]): Promise<CommandResult> {
    const all = [...args, "--stack", "dev", "--non-interactive", "--color=never"];
    return must("pulumi", all, await command("pulumi", all, { cwd: clone, env: shop.env }));
  }
});

const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];

/** Uses the npm configuration and the cache of this machine for packages. */
async function run(cwd: string, program: string, ...args: string[]): Promise<CommandResult> {
  return must(program, args, await command(program, args, { cwd, env: process.env, timeoutMs: 900_000 }));
}

function must(program: string, args: string[], result: CommandResult): CommandResult {
  const { code, stdout, stderr } = result;
  assert.equal(code, 0, `${[program, ...args].join(" ")}:\n${stdout}\n${stderr}`);
  return result;
}
