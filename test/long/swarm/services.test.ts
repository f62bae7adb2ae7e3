/** Services, configs and secrets on a swarm of two engines, by the plan and the handlers. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { engine } from "../../support/bed/http-engine.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { formSwarm, leaveSwarm } from "../../support/bed/swarm.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import { closeAll, connect } from "../../support/engines.js";
import { eventually } from "../../support/eventually.js";
import { engineProxyTo } from "../../support/servers/engine-proxy.js";
import { SwarmApp } from "../../support/swarm/swarm-app.js";

const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it needs hosts of the test bed");

const names = ["svc1", "svc2"];

/** The CLI of Docker is not among the tools that the tests install. */
function dockerMissing(): string | false {
  const { status } = spawnSync("docker", ["stack", "--help"], { stdio: "ignore" });
  return status === 0 ? false : "this machine has no `docker stack`";
}

const sleeper = `command: ["sleep", "3600"]`;
const failing = `command: ["sh", "-c", "echo cannot open the database; exit 3"]`;

describe("services of a swarm", { skip: missing ?? false, concurrency: 3 }, () => {
  // No other test uses these hosts, because a swarm affects all users of its engines.
  const { host, cleanUp } = useBed({ hosts: names });
  const leave = () => Promise.all(names.map((name) => leaveSwarm(host(name))));
  let registry: BedRegistry;
  before(async () => {
    await leave();
    await formSwarm(host("svc1"), [host("svc2")]);
    registry = await startRegistry();
    await push("app:1");
    await push("app:2");
  });
  cleanUp(() => Promise.all([leave(), registry.close(), closeAll()]));

  async function push(name: string): Promise<void> {
    await retag(host("svc1"), "k2-test/busybox:1", `${registry.address}/${name}`);
    const [repository, tag] = name.split(":");
    await connect({ name: "svc1", address: host("svc1").address }).post(
      `/images/${registry.address}/${repository}/push`,
      { query: { tag }, headers: { "X-Registry-Auth": Buffer.from("{}").toString("base64") } },
    );
  }

  const manager = <T>(path: string) => engine<T>(host("svc1"), "GET", path);
  const query = (filters: object) => `filters=${encodeURIComponent(JSON.stringify(filters))}`;

  const appOf = (name: string) => new SwarmApp(name, host("svc1"), host("svc2"), registry.address);

  const deploy = ({ replicas = 2, update = "", labels = "", more = "" } = {}) =>
    `deploy: { replicas: ${replicas}, endpoint_mode: dnsrr, restart_policy: { delay: 100ms }, labels: { ${labels} }, update_config: { monitor: ${update === "" ? "300ms" : "1s"}, parallelism: 0${update} }, rollback_config: { monitor: 300ms, parallelism: 0 }${more} }`;

  describe("that runs well", { concurrency: 1 }, () => {
    let app: SwarmApp;
    before(() => {
      app = appOf("svc-well");
    });

    it("must be created, and not be sent again", async () => {
      const text = app.file([sleeper, deploy()]);
      const { did } = await app.stack.up(text);
      assert.deepEqual(did, ["create swarmService web@swarm"]);
      await app.assertUnchanged(text);
      assert.equal((await app.tasks()).length, 2);
      assert.match((await app.service()).Spec.TaskTemplate.ContainerSpec.Image, /app:1@sha256:/);
    });

    it("must restart no task for a label or another number of tasks", async () => {
      const before = await app.tasks();
      await app.stack.up(app.file([sleeper, deploy({ labels: "tier: a" })]));
      assert.deepEqual(await app.tasks(), before);
      await app.stack.up(app.file([sleeper, deploy({ labels: "tier: a", replicas: 3 })]));
      const after = await app.tasks();
      assert.deepEqual([after.length, before.every((id) => after.includes(id))], [3, true]);
    });

    it("must be found again when the state is lost, and restart nothing", async () => {
      const before = [await app.tasks(), (await app.service()).Version.Index];
      app.stack.state.clear();
      const { lines } = await app.stack.up(app.file([sleeper, deploy({ labels: "tier: a", replicas: 3 })]));
      assert.ok(lines.includes("adopt svc-well_web: no restart"), lines.join("\n"));
      assert.deepEqual([await app.tasks(), (await app.service()).Version.Index], before);
    });

    it("must be mended, field by field, when it was changed by hand", async () => {
      const text = app.file([sleeper, deploy({ labels: "tier: a", replicas: 1 }), "environment: { A: one }"]);
      await app.stack.up(text);
      await app.changeByHand((spec) => {
        spec.Mode = { Replicated: { Replicas: 2 } };
        spec.Labels.tier = "b";
        spec.TaskTemplate.ContainerSpec.Env = ["A=two", "B=secret"];
        spec.TaskTemplate.Resources = { Limits: { MemoryBytes: 64 << 20 } };
      });
      const { did, lines } = await app.stack.up(text);
      assert.deepEqual(did, ["update swarmService web@swarm"]);
      assert.deepEqual(
        lines.filter((line) => line.startsWith("deploy") || line.startsWith("environment")),
        [
          "deploy.labels.tier: b -> a",
          "deploy.replicas: 2 -> 1",
          "environment.A: changed (restarts tasks)",
          "environment.B: removed (restarts tasks)",
          "deploy.resources.limits.memory: 67108864 -> none (restarts tasks)",
        ],
      );
      await app.assertUnchanged(text);
    });

    it("must restart its tasks once for another text of redeploy", async () => {
      const text = app.file([sleeper, deploy()]).replace("monitor: 300ms", 'monitor: 300ms, redeploy: "2"');
      const before = await app.tasks();
      await app.stack.up(text);
      const after = await app.tasks();
      assert.ok(after.every((id) => !before.includes(id)));
      await app.assertUnchanged(text);
    });

    it("must be sent again when it was changed in between", async () => {
      const proxy = await engineProxyTo(host("svc1"));
      try {
        const through = (text: string) => text.replace(host("svc1").address, proxy.address);
        await app.stack.up(through(app.file([sleeper, deploy()])));
        proxy.holdFrom(/POST \S+\/services\/\w+\/update/);
        const changed = through(app.file([sleeper, deploy({ labels: "tier: a" })]));
        const deployed = app.stack.up(changed);
        await eventually(() => Promise.resolve(proxy.isHolding()), true);
        await app.changeByHand((spec) => (spec.Labels.other = "b"));
        proxy.release();
        await deployed;
        const { tier, other } = (await app.service()).Spec.Labels;
        assert.deepEqual([tier, other], ["a", undefined]);
        await app.assertUnchanged(changed);
        // The state names the manager by its own address again.
        await app.stack.up(app.file([sleeper, deploy(), "init: true"]));
      } finally {
        await proxy.shut();
      }
    });

    it("must be removed with its containers", async () => {
      await app.stack.down();
      assert.equal(await app.count("services"), 0);
      const ours = query({ label: ["com.docker.stack.namespace=svc-well"] });
      for (const name of names)
        await eventually(() => engine(host(name), "GET", `/containers/json?all=1&${ours}`), []);
    });
  });

  it("must say at its creation that a program is missing, and run when that is mended", async () => {
    const app = appOf("svc-missing");
    const text = app.file(['command: ["/missing"]', deploy({ replicas: 1 })]);
    const words = await app.failureOf(text);
    assert.match(words, /web: 3 attempts failed: task 1 on \S+: .*no such file or directory/);
    assert.match(words, /No task runs/);
    assert.match(await app.failureOf(text), /web: 3 attempts failed/);
    const good = app.file([sleeper, deploy({ replicas: 1 })]);
    assert.deepEqual((await app.stack.up(good)).did, ["update swarmService web@swarm"]);
    await app.assertUnchanged(good);
  });

  it("must say why no node takes it", async () => {
    const app = appOf("svc-nowhere");
    const more = ", placement: { constraints: [node.labels.disk == ssd] }";
    const text = app.file([sleeper, deploy({ more })]);
    const words = await app.failureOf(text.replace("monitor: 300ms", "timeout: 1s"));
    assert.match(words, /no progress for 1.*: task \d: pending, .*scheduling constraints not satisfied/);
  });

  for (const [action, verdict, now] of [
    [
      "rollback",
      /web: update rolled back, 2\/2 running with the previous/,
      "Tasks that run now: 2 of R/app:1.",
    ],
    ["pause", /web: update paused, 0\/2 running with the new/, undefined],
    ["continue", /web: (update completed, but only \d\/2 running|3 attempts failed)/, undefined],
  ] as const)
    it(`must fail with the words of the task after an update, and ${action}`, async () => {
      const app = appOf(`svc-${action}`);
      const good = app.file([sleeper, deploy()]);
      await app.stack.up(good);
      const update = `, failure_action: ${action}`;
      const words = await app.failureOf(app.file([failing, deploy({ update })]).replace("app:1", "app:2"));
      assert.match(words, verdict);
      assert.match(words, /task \d on \S+: exit 3, task: non-zero exit \(3\)/);
      assert.match(words, /its last lines:\n\s+cannot open the database/);
      if (now !== undefined) assert.ok(words.includes(now), words);
      assert.deepEqual((await app.stack.up(good)).did, ["update swarmService web@swarm"]);
      await app.assertUnchanged(good);
      assert.equal((await app.tasks()).length, 2);
    });

  it("must run a job once in two runs", async () => {
    const app = appOf("svc-job");
    const text = app.file(['command: ["true"]', "deploy: { mode: replicated-job, replicas: 2 }"]);
    await app.stack.up(text);
    const before = await app.tasksWith({});
    await app.assertUnchanged(text);
    assert.deepEqual(await app.tasksWith({}), before);
    assert.equal(before.length, 2);
  });

  it("must rotate configs and secrets, also over a rollback, and leave no old version", async () => {
    const app = appOf("svc-rotation");
    const text = (config: string, command = sleeper) =>
      app.file(
        [
          command,
          deploy({ replicas: 1, update: ", failure_action: rollback" }),
          "configs: [page]",
          "secrets: [token]",
        ],
        `configs: { page: { content: "${config}" } }\nsecrets: { token: { environment: TOKEN } }\n`,
      );
    const up = (config: string, token: string, command?: string) =>
      app.stack.up(text(config, command), { env: { TOKEN: token } });
    const objects = async () => [await app.count("configs"), await app.count("secrets")];
    await up("one", "hush");
    assert.deepEqual(await objects(), [1, 1]);
    await app.assertUnchanged(text("one"), { TOKEN: "hush" });
    await assert.rejects(up("two", "hush hush", failing), /rolled back/);
    assert.equal((await app.tasks()).length, 1);
    assert.deepEqual((await up("one", "hush")).did.sort(), [
      "update swarmConfig page@swarm",
      "update swarmSecret token@swarm",
      "update swarmService web@swarm",
    ]);
    const { did } = await up("three", "hush");
    assert.deepEqual(did, ["update swarmConfig page@swarm", "update swarmService web@swarm"]);
    await app.assertUnchanged(text("three"), { TOKEN: "hush" });
    const known = [await manager("/secrets"), await manager("/services"), [...app.stack.state]];
    assert.doesNotMatch(JSON.stringify(known).replaceAll('"secret_contents":{"token":"hush"}', ""), /hush/);
    await app.stack.down();
    assert.deepEqual(await objects(), [0, 0]);
  });

  it(
    "must take a stack of docker over only when asked to, and restart no task",
    { skip: dockerMissing() },
    async () => {
      const app = appOf("svc-theirs");
      const folder = mkdtempSync(join(tmpdir(), "k2-docker-stack-"));
      const text = app
        .file(
          [sleeper, deploy(), "configs: [page]", "environment: { A: one }"],
          'configs: { page: { content: "text" } }\n',
        )
        .replace("    network_mode: host\n", "");
      writeFileSync(join(folder, "page"), "text");
      const theirs = text
        .replace(/^hosts:[^]*?^swarm: true$/m, 'version: "3.8"')
        .replace(/^name: .*$/m, "")
        .replace(/^ *swarm: \{.*$/m, "")
        .replace('content: "text"', "file: ./page");
      writeFileSync(join(folder, "stack.yml"), theirs);
      const deployed = ["stack", "deploy", "-c", "stack.yml", "--detach=true", "svc-theirs"];
      execFileSync("docker", ["-H", host("svc1").address, ...deployed], { cwd: folder, stdio: "pipe" });
      await eventually(async () => (await app.tasks()).length, 2);
      const before = await app.tasks();
      await assert.rejects(
        app.stack.up(text),
        /svc-theirs_web was not deployed by k2-compose: refused without --take-over/,
      );
      assert.equal((await app.service()).Spec.Labels["k2-compose.stack"], undefined);
      await app.stack.up(text, { run: { takeOver: true } });
      assert.deepEqual(await app.tasks(), before);
      await app.assertUnchanged(text);
      rmSync(folder, { recursive: true });
    },
  );
});
