import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { allGone, kill, processesWith } from "../../support/cli/processes.js";
import { eventually } from "../../support/eventually.js";
import { useBed } from "../../support/bed/use-bed.js";
import { checkout } from "../../support/scripts.js";
import { idle } from "../../support/model/idle-service.js";
import type { StateResource, Workspace } from "../../support/cli/workspace.js";

const file = `services:
  db:
    ${idle}
    volumes: [data:/data]
    environment: { WORD: secret, TIMES: 3 }
  web:
    ${idle}
    depends_on: [db]
volumes:
  data:
`;
/** A service that never becomes healthy. */
const stuck = `services:
  web:
    ${idle}
    healthcheck: { test: [CMD, "false"], start_period: 10m, interval: 1s }
`;

/** `command` runs on the operator's machine, as a child of the handlers. */
const killing = (command: string) => `services:
  web:
    ${idle}
    health_check: { shell: "${command}", deadline: 60 }
  after:
    ${idle}
    depends_on: [web]
`;

describe("the preloaded process for Pulumi's program and handlers", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("ready", {
      files: { "compose.yml": file },
      env: { DOCKER_HOST: host("a").address },
    });
  });

  it("must be the only process that a run starts beside Pulumi, and register what stock Pulumi registers", async () => {
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const stock = await resources();
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
    const { code, started } = await watched("up");
    assert.equal(code, 0, started.join("\n"));
    assert.ok(started.some((command) => /runtime.main\.js/.test(command)));
    const others = /pulumi-language-nodejs|cmd.run|dynamic-provider/;
    assert.deepEqual(
      started.filter((command) => others.test(command)),
      [],
    );
    assert.deepEqual(await resources(), stock);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must end when CLI and Pulumi are killed, and the next `up` must continue", async () => {
    shop.write("compose.yml", `name: ${shop.project}\n${stuck}`);
    const child = run("up");
    const ended = new Promise((resolve) => child.on("exit", resolve));
    await eventually(() => running("web"), 1);
    const ours = /k2-compose\.js|^[^\0]*pulumi\0/;
    kill(
      processesWith(shop.folder)
        .filter(({ command }) => ours.test(command))
        .map(({ pid }) => pid),
    );
    await ended;
    await allGone(shop.folder);
    shop.write("compose.yml", `name: ${shop.project}\n${file}`);
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(await running("db"), 1);
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
  });

  it("must be reported when it is killed in the middle of a run", async () => {
    shop.write("compose.yml", `name: ${shop.project}\n${killing("kill -9 $$PPID")}`);
    const killed = await shop.cli("up");
    assert.equal(killed.code, 1, killed.stderr);
    assert.match(
      killed.stderr,
      /^error: the process that runs the handlers ended during the run \(SIGKILL\)\n {2}If the system killed it .*Run the command again to continue\.$/m,
    );
    assert.match(
      killed.stderr,
      /^error: not done: .*health check web@default.*\n {2}3 done, 1 not done, 1 blocked\.$/m,
    );
    assert.equal(killed.stderr.match(/error reading from server/g)?.length, 1, killed.stderr);
    shop.write("compose.yml", `name: ${shop.project}\n${file}`);
    await shop.mustPulumi("destroy", "--yes", "--skip-preview");
  });

  it("must not be required: a run works without it when it does not load", async () => {
    const folder = join(shop.folder, "node_modules/k2-compose");
    rmSync(folder);
    mkdirSync(folder);
    const again = (path: string) => `export * from "${pathToFileURL(join(checkout, "dist", path)).href}";\n`;
    const files = {
      "package.json": JSON.stringify({
        ...{ name: "k2-compose", type: "module" },
        exports: {
          "./program": "./program.js",
          "./handlers": "./handlers.js",
          "./runtime": "./runtime.js",
        },
      }),
      "program.js": again("program/index.js"),
      "handlers.js": again("provider/handlers/index.js"),
      // Prints a port and then exits, like a runtime that cannot load the SDK.
      "runtime.js": `import { createServer } from "node:net";
const server = createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));
setTimeout(() => process.exit(1), 300);
`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(await running("db"), 1);
    assert.doesNotMatch(stdout + stderr, /error|FAILED/);
  });

  function run(...args: string[]) {
    const { folder: cwd, env } = shop;
    return spawn(process.execPath, [join(checkout, "bin/k2-compose.js"), ...args], {
      ...{ cwd, env, stdio: "ignore" },
    });
  }

  async function watched(...args: string[]): Promise<{ code: number; started: string[] }> {
    // Pulumi's language host ends some time after Pulumi.
    const earlier = new Set(processesWith(shop.folder).map(({ pid }) => pid));
    const seen = new Set<string>();
    const child = run(...args);
    let code: number | undefined;
    child.on("exit", (status) => (code = status ?? -1));
    while (code === undefined) {
      for (const { pid, command } of processesWith(shop.folder)) if (!earlier.has(pid)) seen.add(command);
      await sleep(10);
    }
    return { code, started: [...seen] };
  }

  async function running(service: string): Promise<number> {
    const found = await containersOf(host("a"), shop.project).catch(() => []);
    return found.filter(({ Name, State }) => Name.includes(service) && State.Status === "running").length;
  }

  /** Returns the resources of the state without values that differ in each run, and with dependencies sorted. */
  async function resources(): Promise<unknown[]> {
    const { deployment } = await shop.state();
    const comparable = ({ id, created, modified, stackTrace, sourcePosition, ...rest }: Stored) =>
      JSON.parse(JSON.stringify(rest, inOrder).replace(numbers, "~")) as unknown;
    const all = (deployment.resources ?? []) as Stored[];
    return all.sort((a, b) => a.urn.localeCompare(b.urn)).map(comparable);
  }
});

interface Stored extends StateResource {
  created?: string;
  modified?: string;
  /** The SDK's own frames; they differ with the caller. */
  stackTrace?: unknown;
  sourcePosition?: string;
}

/** Ids of the engine and of Pulumi, addresses and times. */
const numbers =
  /[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+\.\d+\.\d+\.\d+|\d{4}-\d\d-\d\dT[\d:.]+Z/g;

function inOrder(_key: string, value: unknown): unknown {
  const isDependencies = Array.isArray(value) && value.every((item) => String(item).startsWith("urn:"));
  return isDependencies ? (value as string[]).toSorted() : value;
}
