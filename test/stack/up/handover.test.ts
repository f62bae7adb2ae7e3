import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { allGone, processesWith } from "../../support/cli/processes.js";
import { eventually } from "../../support/eventually.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";
import { idle } from "../../support/model/idle-service.js";
import { checkout } from "../../support/scripts.js";

const password = "correct-horse-battery";
const token = "staple-of-the-vault";
const laterToken = "paperclip-of-the-vault";

const compose = `services:
  db:
    ${idle}
    environment: { PASSWORD: "\${DB_PASSWORD}", URL: "postgres://db:\${DB_PASSWORD}@db" }
    secrets: [token]
secrets:
  token:
    file: ./token.txt
`;

const runtime = /runtime.main\.js/;
const stock = /cmd.run/;

describe("the plan that the CLI hands to the program", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  const temporary = () => join(shop.folder, "tmp");
  before(async () => {
    shop = await workspace("handover", {
      files: { "compose.yml": compose, "token.txt": token },
      env: { DOCKER_HOST: host("a").address },
    });
    mkdirSync(temporary());
    shop.env.TMPDIR = temporary();
    const name = "k2-compose:environment.DB_PASSWORD";
    await shop.mustPulumi("config", "set", "--secret", "--path", name, password);
  });

  it("must carry no secret in an environment, and be registered as stock Pulumi registers it", async () => {
    const seen = await watched({}, "up");
    assert.ok(seen.some(({ command }) => runtime.test(command)));
    assertHidden(seen, [password, token]);
    const [db] = await containersOf(host("a"), shop.project);
    assert.ok(db!.Config.Env.includes(`PASSWORD=${password}`));
    assert.ok(db!.Config.Env.includes(`URL=postgres://db:${password}@db`));
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must have the values of encrypted variables, which commands that only look do not need", async () => {
    const preview = await shop.cli("preview", "--detailed-exitcode");
    assert.deepEqual([preview.code, preview.stderr], [0, ""]);
    const task = await shop.cli("run", "--rm", "-T", "--no-deps", "db", "sh", "-c", "echo $PASSWORD");
    assert.equal(task.stdout.trim(), password, task.stderr);
    const named = `name: ${shop.project}\n${compose}`;
    shop.write("compose.yml", named.replace("URL:", 'NEW: "a-${DB_PASSWORD}", URL:'));
    const changed = await shop.cli("preview", "--json");
    assert.ok(!changed.stdout.includes(password) && changed.stdout.includes("environment.NEW"));
    shop.write("compose.yml", named);
    shop.env.PULUMI_CONFIG_PASSPHRASE = "wrong";
    const [refused, shown] = [await shop.cli("preview"), await shop.cli("ps", "-q")];
    shop.env.PULUMI_CONFIG_PASSPHRASE = "test";
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /services\.db\.environment\.PASSWORD needs .*environment\.DB_PASSWORD/);
    assert.match(refused.stderr, /Set PULUMI_CONFIG_PASSPHRASE/);
    assert.equal(shown.code, 0, shown.stderr);
  });

  it("must be in no environment, and leave no file, when Pulumi starts the program", async () => {
    shop.write("token.txt", laterToken);
    const seen = await watched({ K2_COMPOSE_RUNTIME: "pulumi" }, "up");
    assert.ok(seen.some(({ command }) => stock.test(command)));
    // The password is not checked: stock Pulumi passes configuration to the program in an environment variable.
    assertHidden(seen, [token, laterToken]);
    assert.deepEqual(handovers(), []);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must hide the secrets of an earlier deployment too", async () => {
    assertHidden(await watched({}, "rollback"), [password, token, laterToken]);
    const seen = await watched({ K2_COMPOSE_RUNTIME: "pulumi" }, "rollback");
    assertHidden(seen, [token, laterToken]);
    assert.deepEqual(handovers(), []);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must leave no file when the CLI is interrupted or killed", async () => {
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      shop.write("token.txt", `${token} ${signal}`);
      const child = run({ K2_COMPOSE_RUNTIME: "pulumi" }, "up", "--yes");
      const ended = new Promise((resolve) => child.on("exit", resolve));
      const isRunning = () => processesWith(shop.folder).some(({ command }) => /pulumi\0up\0/.test(command));
      while (handovers().length === 0 || !isRunning()) await sleep(5);
      child.kill(signal);
      await ended;
      await allGone(shop.folder);
      await eventually(() => Promise.resolve(handovers()), []);
    }
    assert.equal((await shop.cli("up")).code, 0);
  });

  function handovers(): string[] {
    return readdirSync(temporary()).filter((name) => name.startsWith("k2-compose-run-"));
  }

  function run(env: Record<string, string>, ...args: string[]) {
    return spawn(process.execPath, [join(checkout, "bin/k2-compose.js"), ...args], {
      ...{ cwd: shop.folder, env: { ...shop.env, ...env }, stdio: ["ignore", "ignore", "inherit"] },
    });
  }

  /** Runs the CLI to its end, which must succeed, and returns all processes that ran meanwhile. */
  async function watched(env: Record<string, string>, ...args: string[]): Promise<Started[]> {
    const seen = new Map<number, Started[]>();
    const child = run(env, ...args, "--yes");
    let code: number | undefined;
    child.on("exit", (status) => (code = status ?? -1));
    while (code === undefined) {
      for (const { pid, command, environment } of processesWith(shop.folder)) {
        const states = seen.get(pid) ?? seen.set(pid, []).get(pid)!;
        if (states.at(-1)?.command !== command) states.push({ command, environment });
      }
      await sleep(20);
    }
    assert.equal(code, 0);
    return [...seen.values()].flat();
  }
});

interface Started {
  command: string;
  environment: string;
}

function assertHidden(started: Started[], secrets: string[]): void {
  assert.ok(started.some(({ command }) => /^[^\0]*pulumi\0/.test(command)));
  for (const secret of secrets)
    for (const { command, environment } of started)
      assert.ok(!`${command}${environment}`.includes(secret), `${secret}: ${command}`);
}
