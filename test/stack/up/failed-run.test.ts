import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bedMissing } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { eventually } from "../../support/eventually.js";
import { type ContainerInfo, containersOf, engine, networksLeft } from "../../support/bed/http-engine.js";
import { kill } from "../../support/cli/processes.js";
import { useBed } from "../../support/bed/use-bed.js";
import { openTerminal, terminalMissing } from "../../support/cli/tmux.js";

const file = (test: string, extra = "") => `services:
  slow:
    image: k2-test/busybox:1
    command: ["sh", "-c", "echo cannot find my socks; exec sleep 3600"]
    stop_signal: SIGKILL
    healthcheck: { test: [CMD, sh, -c, "${test}"], interval: 1s, retries: 1${extra} }
  after:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    depends_on: { slow: { condition: service_healthy } }
  other:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
`;
/** Starting, neither healthy nor unhealthy, until /ready exists. */
const waiting = file("test -f /ready", ", start_period: 10m");

describe("a run of `up` that fails", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(() => {
    shop = folder("fails", {
      files: { "compose.yml": file("exit 1") },
      env: { DOCKER_HOST: host("a").address },
    });
  });

  it("must report the failure once, with the last lines of the log, and deploy all the rest", async () => {
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 8, stdout + stderr);
    for (const once of [/is unhealthy/g, /cannot find my socks/g])
      assert.equal([...stderr.matchAll(once)].length, 1, stderr);
    assert.match(stderr, /^default: .*1 failed$/m);
    assert.match(stderr, /not done: slow@default\n {2}3 done, 1 not done, 1 blocked\.$/m);
    assert.deepEqual(await names(), ["other-1", "slow-1"]);
  });

  it("must be continued by the next `up`, also when the reader of its output has closed it", async () => {
    shop.write("compose.yml", file("exit 0"));
    assert.deepEqual(await closedPipe("up", "--attach", "slow"), [0, "after-1 other-1 slow-1"]);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    assert.deepEqual(await closedPipe("logs", "-f", "slow"), [0, "after-1 other-1 slow-1"]);
    await shop.mustCli("down");
  });

  it("must end soon after one kill -INT, leaving no operation open, and be continued", async () => {
    shop.write("compose.yml", waiting);
    const [program, ...args] = shop.launcher;
    const child = spawn(program!, [...args, "up"], { cwd: shop.folder, env: shop.env });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await running("slow-1");
    // A second unfinished service would be reported as cancelled too.
    await eventually(async () => /other@default +created/.test(stdout + stderr), true);
    await isRefusedMeanwhile();
    child.kill("SIGINT");
    assert.equal(await ended, 130, stderr);
    assert.match(stderr, /Ctrl-C again/);
    assert.equal(stderr.match(/cancelled/gi)?.length, 1, `printed once: ${stderr}`);
    await continues();
  });

  it("must end in the same way at Ctrl-C in a terminal", { skip: terminalMissing() }, async () => {
    await shop.mustCli("down");
    shop.write("compose.yml", waiting);
    const terminal = openTerminal([...shop.launcher, "up"], { cwd: shop.folder, env: shop.env });
    try {
      await terminal.until((screen) =>
        screen.some((line) => /slow@default +\d+ s {2}wait for .*slow-1: starting/.test(line)),
      );
      terminal.type("C-c");
      assert.equal(await terminal.ended(), 130, terminal.history().join("\n"));
      await continues();
    } finally {
      terminal.close();
    }
  });

  it("must stop at once at a second Ctrl-C, and be continued", { skip: terminalMissing() }, async () => {
    await shop.mustCli("down");
    shop.write("compose.yml", waiting);
    const terminal = openTerminal([...shop.launcher, "up"], { cwd: shop.folder, env: shop.env });
    try {
      await running("slow-1");
      terminal.type("C-c");
      terminal.type("C-c");
      assert.equal(await terminal.ended(), 130, terminal.history().join("\n"));
    } finally {
      terminal.close();
    }
    await ready();
    await shop.mustCli("up");
    assert.match(await shop.mustCli("up"), /Nothing to do/);
  });

  it("must be found by its labels after everything was killed, by `up` and by `down`, and its stale lock be removed", async () => {
    const before = await killed();
    await ready();
    await shop.mustCli("up");
    assert.equal((await find("slow-1"))?.Id, before.Id);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    await killed();
    await shop.mustCli("down");
    assert.deepEqual([await names(), await networksLeft(host("a"), shop.project)], [[], []]);
  });

  /** Kills the CLI, Pulumi and the handlers during a first `up`; returns the container that they wait for. */
  async function killed(): Promise<ContainerInfo> {
    await shop.mustCli("down");
    shop.write("compose.yml", waiting);
    const [program, ...args] = shop.launcher;
    const child = spawn(program!, [...args, "up"], { cwd: shop.folder, env: shop.env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    await running("slow-1");
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
    assert.notEqual(children[0], "", "Pulumi runs");
    child.kill("SIGKILL");
    // Each child has its own process group.
    kill(children.map((pid) => -Number(pid)));
    await ended;
    return (await find("slow-1"))!;
  }

  /** Closes the output of the CLI after the first line; returns its exit code, and the containers. */
  async function closedPipe(...args: string[]): Promise<[number, string]> {
    const words = [...shop.launcher, ...args].join(" ");
    const { code } = await command("bash", ["-c", `${words} 2>&1 | head -1; exit \${PIPESTATUS[0]}`], {
      ...{ cwd: shop.folder, env: shop.env },
    });
    return [code, (await names()).join(" ")];
  }

  /** Asserts that a second run changes nothing, and does not decide what the first run or a later one deploys. */
  async function isRefusedMeanwhile(): Promise<void> {
    const kept = join(shop.home, ".k2-compose/projects", shop.project, `Pulumi.${shop.project}.yaml`);
    const before = readFileSync(kept, "utf8");
    shop.write("other.yml", "services: { other: { image: k2-test/busybox:1, command: sleep 60 } }\n");
    const { code, stderr } = await shop.cli("-f", "other.yml", "up", "-y");
    assert.equal(code, 6, stderr);
    assert.match(stderr, /currently locked/);
    assert.equal(readFileSync(kept, "utf8"), before);
  }

  /** Asserts that the next `up` keeps the container and waits for it again. */
  async function continues(): Promise<void> {
    const state = readFileSync(
      join(shop.home, ".k2-compose/state/.pulumi/stacks/k2-compose", `${shop.project}.json`),
      "utf8",
    );
    const { pending_operations: pending } = (
      JSON.parse(state) as { checkpoint: { latest: { pending_operations?: unknown[] } } }
    ).checkpoint.latest;
    assert.deepEqual(pending ?? [], []);
    const before = await find("slow-1");
    await ready();
    await shop.mustCli("up");
    assert.equal((await find("slow-1"))?.Id, before?.Id);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
  }

  async function ready(): Promise<void> {
    const { Id } = (await find("slow-1"))!;
    const exec = await engine<{ Id: string }>(host("a"), "POST", `/containers/${Id}/exec`, {
      Cmd: ["touch", "/ready"],
    });
    await engine(host("a"), "POST", `/exec/${exec.Id}/start`, { Detach: true });
  }

  async function running(name: string): Promise<void> {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(100)) {
      if ((await find(name))?.State.Status === "running") return;
    }
    throw new Error(`${name} does not run`);
  }

  async function find(name: string): Promise<ContainerInfo | undefined> {
    return (await containersOf(host("a"), shop.project)).find(
      ({ Name }) => Name === `${shop.project}-${name}`,
    );
  }

  async function names(): Promise<string[]> {
    return (await containersOf(host("a"), shop.project)).map(({ Name }) =>
      Name.slice(shop.project.length + 1),
    );
  }
});
