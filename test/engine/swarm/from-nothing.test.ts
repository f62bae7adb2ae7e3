/** One `up` makes a swarm of three engines and deploys to it; the stack then follows its life until nothing is left. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { engine } from "../../support/bed/http-engine.js";
import { swarmShop } from "../../support/bed/swarm-shop.js";
import { leaveSwarm } from "../../support/bed/swarm.js";
import { type Cluster, namedInSwarm, type Service, swarmApi } from "../../support/bed/swarm-api.js";
import { push } from "../../../provider/engine/images/push.js";
import { closeAll, connect } from "../../support/engines.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { named, retag, useBed } from "../../support/bed/use-bed.js";
import { rarely } from "../../support/rarely.js";
import type { Workspace } from "../../support/cli/workspace.js";

const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it needs hosts of the test bed");

const names = ["v1", "v2", "v3"];

describe("a swarm of three bare engines", { skip: missing ?? false }, () => {
  // No other test uses these hosts, because a swarm affects all users of its engines.
  const { host, workspace, cleanUp } = useBed({ hosts: names });
  let registry: BedRegistry;
  let image: string;
  let shop: Workspace;
  let file: string;
  before(async () => {
    // Without a digest, each start of a task asks the registry.
    registry = await startRegistry();
    image = `${registry.address}/app:1`;
    await retag(host("v1"), "k2-test/busybox:1", image);
    await push(connect({ name: "v1", address: host("v1").address }), image);
    await closeAll();
    for (const name of names) await leaveSwarm(host(name));
    shop = await workspace("swarm");
    file = swarmShop({ project: shop.project, image, hosts: names.map(host) });
    shop.write("compose.yml", file);
    shop.env.TOKEN = "open sesame";
  });
  cleanUp(async () => {
    for (const name of names) await leaveSwarm(host(name));
    await registry.close();
  });

  it("must form the swarm, and run the application", async () => {
    const preview = await shop.cli("preview", "--stack", "dev");
    assert.equal(preview.code, 0, preview.stderr);
    const { code, stdout, stderr } = await shop.cli("up", "--stack", "dev", "--yes");
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(await api().replicas(), { db: "1", each: "global", job: "2 of a job", web: "2" });
    assert.deepEqual(await api().running(), ["db w1", "each w1", "each w2", "web w1", "web w2"]);
  });

  it("must form it as the file says", async () => {
    const { Spec, ...found } = await manager<Cluster>("/swarm");
    const { DefaultAddrPool, SubnetSize, DataPathPort } = found;
    assert.deepEqual(
      [DefaultAddrPool, SubnetSize, DataPathPort, Spec.Orchestration.TaskHistoryRetentionLimit],
      [["10.201.0.0/16"], 25, 4790, 4],
    );
  });

  it("must list the tasks by host, and reach their containers", async () => {
    const { stdout, stderr } = await shop.cli("ps", "--stack", "dev", "--format", "json");
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { Service: string; Host: string; State: string });
    const shown = rows.map(({ Service, Host, State }) => `${Service} ${Host} ${State}`).sort();
    assert.deepEqual(
      shown.filter((row) => !row.startsWith("job")),
      [
        "beside m1 running",
        "db w1 running",
        "each w1 running",
        "each w2 running",
        "web w1 running",
        "web w2 running",
      ],
      stderr,
    );
    const table = await shop.cli("ps", "--stack", "dev");
    assert.match(table.stdout, /web +\| w1 +\| running 2\/2/);
    const inside = await shop.cli("exec", "--stack", "dev", "-T", "db", "cat", "/page", "/run/secrets/token");
    assert.equal(inside.stdout, "firstopen sesame", inside.stderr);
    const logs = await shop.cli("logs", "--stack", "dev", "db");
    assert.match(logs.stdout, /open sesamefirst/, logs.stderr);
    const stopped = await shop.cli("stop", "--stack", "dev", "web");
    assert.notEqual(stopped.code, 0);
    assert.match(stopped.stderr, /web.*runs on the swarm/);
    const attached = await shop.cli("up", "--stack", "dev", "--yes", "--attach", "web");
    assert.match(attached.stderr, /web runs on the swarm: `up` does not attach/);
    const oneOff = await shop.cli("run", "--stack", "dev", "web", "true");
    assert.match(oneOff.stderr, /web runs on the swarm, which runs no one-off containers/);
    const images = await shop.cli("images", "--stack", "dev", "db");
    assert.match(images.stdout, /app +1/, images.stderr);
  });

  it("must have nothing to do in a second `up`, in a refresh and for k2-compose", async () => {
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    const { code, stdout, stderr } = await shop.cli("preview", "--stack", "dev", "--json");
    assert.deepEqual([code, stdout.trim()], [0, "[]"], stderr);
  });

  it("must keep tokens and secrets out of the state", async () => {
    const state = await shop.mustPulumi("stack", "export");
    assert.doesNotMatch(state, /SWMTKN|open sesame|hush/);
  });

  it("must update what changes, and nothing else", async () => {
    const jobs = await api().taskIds("job");
    shop.write(
      "compose.yml",
      file.replace('content: "first"', 'content: "second"').replace("zone: a", "zone: b"),
    );
    assert.deepEqual(await changed(), ["SwarmConfig page", "SwarmNode m1", "SwarmService db"]);
    const { code, stdout, stderr } = await shop.cli("up", "--stack", "dev", "--yes");
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(await api().taskIds("job"), jobs);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    // A rollback would need the one before.
    assert.equal((await manager<object[]>("/configs")).length, 2);
  });

  rarely("must rotate tokens and keys when their counters are raised", async () => {
    const before = await manager<Cluster>("/swarm");
    const settings =
      "  autolock: true\n  rotate: { worker_token: 1, manager_token: 1, unlock_key: 0, ca: 0 }\n";
    await mustUp(file.replace("  task_history", `${settings}  task_history`));
    const locked = await manager<Cluster>("/swarm");
    assert.equal(locked.Spec.EncryptionConfig.AutoLockManagers, true);
    assert.notEqual(locked.JoinTokens.Worker, before.JoinTokens.Worker);
    assert.notEqual(locked.JoinTokens.Manager, before.JoinTokens.Manager);
    const { UnlockKey: key } = await manager<{ UnlockKey: string }>("/swarm/unlockkey");
    assert.doesNotMatch(await shop.mustPulumi("stack", "export"), new RegExp(key));
    const raised = settings.replace("unlock_key: 0, ca: 0", "unlock_key: 1, ca: 1");
    await mustUp(file.replace("  task_history", `${raised}  task_history`));
    assert.notEqual((await manager<{ UnlockKey: string }>("/swarm/unlockkey")).UnlockKey, key);
    assert.equal((await manager<Cluster>("/swarm")).Spec.CAConfig.ForceRotate, 1);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await mustUp(file.replace("  task_history", "  autolock: false\n  task_history"));
  });

  rarely("must restart tasks for another text of `redeploy`, and no others", async () => {
    const [web, each] = [await api().taskIds("web"), await api().taskIds("each")];
    await mustUp(
      file
        .replace("host: [w1, w2]", "host: [w1, w2]")
        .replace(/(web:\n[^]*?monitor: 500ms)/, '$1, redeploy: "2"'),
    );
    assert.notDeepEqual(await api().taskIds("web"), web);
    assert.deepEqual(await api().taskIds("each"), each);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must fail with the task's exit code and lines, while the old version runs", async () => {
    const bad = '["sh", "-c", "echo cannot open db; exit 3"]';
    const broken = file
      .replace(/(web:\n[^]*?)\["sleep", "3600"\]/, `$1${bad}`)
      .replace("order: start-first", "order: start-first, failure_action: rollback");
    const { code, stdout, stderr } = await up(broken);
    assert.equal(code, 8, stdout);
    assert.match(
      stderr,
      /_web: update rolled back, \d\/2 running with the previous specification: task \d on w\d: exit 3/,
    );
    assert.match(stderr, /cannot open db/);
    const webs = (await api().running()).filter((task) => task.startsWith("web"));
    assert.equal(webs.length, 2, webs.join());
    await mustUp(file);
  });

  it("must give up after so many attempts, and say why a task cannot be placed", async () => {
    const more = `  failing:
    image: ${image}
    command: ["sh", "-c", "exit 4"]
    deploy: { restart_policy: { delay: 100ms }, endpoint_mode: dnsrr }
    swarm: { attempts: 2 }
  nowhere:
    image: ${image}
    command: ["sleep", "3600"]
    deploy: { endpoint_mode: dnsrr, placement: { constraints: [node.labels.zone == nowhere] } }
    swarm: { timeout: 2s }
`;
    const { code, stderr } = await up(file.replace("volumes: { data", `${more}volumes: { data`));
    assert.notEqual(code, 0);
    assert.match(stderr, /_failing: 2 attempts failed: task 1 on \w+: exit 4/);
    assert.match(stderr, /_nowhere: 0\/1 running, and no progress for 2s: task 1: pending, no suitable node/);
    await mustUp(file);
  });

  rarely("must follow a tag that moves in the registry, if its pull policy says so", async () => {
    const following = file.replace("  web:\n", "  web:\n    pull_policy: always\n");
    await mustUp(following);
    await retag(host("v3"), "k2-test/busybox:2", image);
    await push(connect({ name: "v3", address: host("v3").address }), image);
    await closeAll();
    assert.deepEqual(await changed(), ["SwarmService web"]);
    await mustUp(following);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    await mustUp(file);
  });

  it("must find and mend changes by hand", async () => {
    const [web] = await manager<Service[]>(`/services?filters=${namedInSwarm(`${shop.project}_web`)}`);
    const { Spec, Version, ID } = web!;
    Spec.Mode = { Replicated: { Replicas: 4 } };
    await engine(host("v1"), "POST", `/services/${ID}/update?version=${Version.Index}`, Spec);
    assert.deepEqual(await changed(), ["SwarmService web"]);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    assert.deepEqual((await api().replicas()).web, "2");
  });

  rarely("must move a service to plain engines, and back", async () => {
    const moved = file.replace("swarm: { monitor: 500ms }", "swarm: false");
    await mustUp(moved);
    assert.equal((await api().replicas()).db, undefined);
    await mustUp(file);
    assert.equal((await api().replicas()).db, "1");
  });

  it("must not end a swarm that has anything else", async () => {
    const { Id } = await engine<{ Id: string }>(host("v1"), "POST", "/networks/create", {
      ...{ Name: "theirs", Driver: "overlay" },
    });
    const { code, stderr } = await shop.cli("down", "--stack", "dev", "--yes", "--leave-swarm");
    assert.equal(code, 6, stderr);
    assert.match(stderr, /the swarm has more than this project: network theirs/);
    await engine(host("v1"), "DELETE", `/networks/${Id}`);
    assert.equal((await api().replicas()).web, "2");
  });

  it("must leave three engines that are in no swarm", async () => {
    const { code, stdout, stderr } = await shop.cli("down", "--stack", "dev", "--yes", "--leave-swarm", "-v");
    assert.equal(code, 0, stdout + stderr);
    for (const name of names) {
      const { Swarm } = await engine<{ Swarm: { LocalNodeState: string } }>(host(name), "GET", "/info");
      assert.equal(Swarm.LocalNodeState, "inactive", name);
      const { Volumes } = await engine<{ Volumes: { Name: string }[] | null }>(host(name), "GET", "/volumes");
      assert.deepEqual(
        (Volumes ?? []).filter(({ Name }) => Name.startsWith(shop.project)),
        [],
      );
    }
  });

  const up = (text: string) => {
    shop.write("compose.yml", text);
    return shop.cli("up", "--stack", "dev", "--yes");
  };

  async function mustUp(text: string): Promise<void> {
    const { code, stdout, stderr } = await up(text);
    assert.equal(code, 0, stdout + stderr);
  }

  const manager = <T>(path: string) => engine<T>(host("v1"), "GET", path);
  const api = () => swarmApi(host("v1"), shop.project);

  async function changed(): Promise<string[]> {
    const steps = await shop.preview();
    return ["SwarmConfig", "SwarmNode", "SwarmService"]
      .flatMap((kind) => named(kind, steps).map((name) => `${kind} ${name.split("@")[0]}`))
      .sort();
  }
});
