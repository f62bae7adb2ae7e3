import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import type { BedHost } from "../../support/bed/bed-engine.js";
import { command } from "../../support/cli/command.js";
import { containersOf, removeProject, volumesOf } from "../../support/bed/http-engine.js";
import { commandsIn, shown, textOf } from "../../support/docs/pages.js";
import { visit } from "../../support/servers/page.js";
import { checkout } from "../../support/scripts.js";
import { randomPort } from "../../support/cli/workspace.js";

const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
/** The scripts of the page's commands: `npm start` and `npm run stop` without npm, which takes time. */
const [start, stop, test] = commandsIn(shown("README.md", "npm start")).map(
  (line) => scripts[line.replace(/^npm (run )?/, "")]?.split(" ") ?? [],
) as [string[], string[], string[]];

describe("npm start and npm run stop", { skip: bedMissing() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-start-"));
  const project = basename(folder).toLowerCase();
  const port = String(randomPort());
  let bed: Bed;
  let host: BedHost;

  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    host = bed.hosts.a!;
    await copyCheckout(folder);
  });
  after(async () => {
    await removeProject(host, project);
    await bed.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("must end with the example running, and print its address", async () => {
    const output = await script(start);
    assert.match(output, /^example +pulumi up: \d+ created/m);
    assert.ok(output.includes(`The counter is at http://${host.ip}:${port}/`), output);
    assert.equal(await visit(`http://${host.ip}:${port}/`), 1);
  });

  it("must change nothing the second time", async () => {
    const before = (await containersOf(host, project)).map(({ Id, State }) => [Id, State.StartedAt]);
    assert.match(await script(start), /^example +pulumi up: \d+ unchanged/m);
    const after = (await containersOf(host, project)).map(({ Id, State }) => [Id, State.StartedAt]);
    assert.deepEqual(after, before);
  });

  it("must remove the example, except the volume with the count", async () => {
    assert.match(await script(stop), /^example +pulumi destroy: \d+ deleted/m);
    assert.deepEqual(await containersOf(host, project), []);
    assert.deepEqual(await volumesOf(host, project), [`${project}_data`]);
    assert.match(await script(stop), /was not running/);
  });

  it("must be beside a command that runs all tests", () => {
    assert.deepEqual(
      test.map((word) => word === "node" || existsSync(join(checkout, word))),
      [true, true],
    );
  });

  /** Runs a script with its own home folder, on an engine of the bed. */
  async function script([program = "", file = ""]: string[]): Promise<string> {
    const env = {
      PATH: process.env.PATH,
      HOME: join(folder, ".home"),
      // Uses existing downloads and builds, which would take minutes otherwise.
      PULUMI_HOME: process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"),
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
      DOCKER_HOST: host.address,
      COMPOSE_PROJECT_NAME: project,
      PORT: port,
    };
    const { stdout, stderr, code } = await command(program, [join(folder, file)], { cwd: folder, env });
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  }
});

/**
 * The scripts write .env and stack settings into their checkout. They run in a copy, so that this checkout does not
 * change.
 */
async function copyCheckout(target: string): Promise<void> {
  const left = /^(\.git|node_modules|(examples\/[^/]+\/)?(\.env|Pulumi\.\w+\.yaml))$/;
  const options = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };
  cpSync(checkout, target, { ...options, filter: (path) => !left.test(relative(checkout, path)) });
  // A hard link for each file, where the folders are on one file system: npm ci removes the links, and keeps the files.
  const packages = join(checkout, "node_modules");
  const { code } = await command("cp", ["-al", packages, target]);
  if (code !== 0) cpSync(packages, join(target, "node_modules"), options);
  // The copied folders have new times; this prevents a rebuild.
  const built = join(target, "dist/.built");
  if (existsSync(built)) utimesSync(built, new Date(), new Date());
}
