import assert from "node:assert/strict";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { commandsIn, shown } from "../../support/docs/pages.js";
import { checkout, pulumiBin } from "../../support/scripts.js";

const [pack, install] = commandsIn(shown("README.md", "npm pack")) as [string, string];

const compose = `services:
  web:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
`;
/** An unprivileged user, which owns neither the package nor the Pulumi CLI. */
const user = 65534;
const notRoot = process.getuid?.() === 0 ? undefined : "SKIPPED: only root can run as another user";

describe("the package as it is published", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let place: string;
  let tarball: string;
  before(async () => {
    place = mkdtempSync(join(tmpdir(), "k2-installed-"));
    chmodSync(place, 0o755);
    await shell(checkout, pack);
    tarball = join(
      place,
      readdirSync(place).find((name) => name.endsWith(".tgz"))!,
    );
  });
  after(() => {
    for (const path of readdirSync(place)) chmodSync(join(place, path), 0o755);
    rmSync(place, { recursive: true, force: true });
  });

  it("must work installed globally, for a user without write access to it", { skip: notRoot }, async () => {
    const prefix = join(place, "global");
    await shell(place, install, { npm_config_prefix: prefix });
    await command("chmod", ["-R", "a-w,a+rX", prefix]);
    const shop = folder("global", {
      files: { "compose.yml": compose },
      env: { DOCKER_HOST: host("a").address },
    });
    give(dirname(shop.folder));
    shop.env.PATH = [copyOfPulumi(), join(prefix, "bin"), dirname(process.execPath), process.env.PATH].join(
      delimiter,
    );
    shop.launcher = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", "k2-compose"];
    await upTwiceAndDown(shop);
    await command("chmod", ["-R", "u+w", prefix]);
  });

  it("must work as a dependency of a Pulumi project", async () => {
    const shop = folder("dependency", {
      files: { "compose.yml": compose },
      env: { DOCKER_HOST: host("a").address },
    });
    shop.write("package.json", '{ "private": true, "type": "module" }\n');
    shop.write(
      "Pulumi.yaml",
      `name: ${shop.project}\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.js\n`,
    );
    shop.write("index.js", 'export * from "k2-compose/program";\n');
    await shell(shop.folder, `npm install ${tarball} @pulumi/pulumi`);
    shop.launcher = ["npx", "--no-install", "k2-compose", "--stack", "dev"];
    await upTwiceAndDown(shop);
    await shop.mustCli("preview");
  });

  /** Runs npm without scripts, because a second build of the checkout would disturb other tests. */
  async function shell(cwd: string, line: string, more: Record<string, string> = {}): Promise<void> {
    const quick = { audit: "false", fund: "false", prefer_offline: "true", progress: "false" };
    const settings = { ...quick, ignore_scripts: "true", pack_destination: place };
    const named = Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value]);
    const env = { ...process.env, ...Object.fromEntries(named), ...more };
    // The duration depends on a remote registry.
    const { code, stderr } = await command("bash", ["-c", line], { cwd, env, timeoutMs: 900_000 });
    assert.equal(code, 0, `${line}: ${stderr}`);
  }

  async function upTwiceAndDown(shop: ComposeFolder): Promise<void> {
    await shop.mustCli("up");
    const names = (await containersOf(host("a"), shop.project)).map(({ Name }) => Name);
    assert.deepEqual(names, [`${shop.project}-web-1`]);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    await shop.mustCli("down");
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  }

  /** Copies the Pulumi CLI to a folder in which every user may execute it. */
  function copyOfPulumi(): string {
    const bin = join(place, "pulumi");
    mkdirSync(bin);
    for (const name of readdirSync(pulumiBin()!)) cpSync(join(pulumiBin()!, name), join(bin, name));
    return bin;
  }
});

function give(path: string): void {
  chownSync(path, user, user);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) give(join(path, entry.name));
    else chownSync(join(path, entry.name), user, user);
  }
}
