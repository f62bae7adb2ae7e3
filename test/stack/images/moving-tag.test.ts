import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { closeAll, connect } from "../../support/engines.js";
import { push } from "../../../provider/engine/images/push.js";
import { bedMissing } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { type EngineProxy, engineProxyTo } from "../../support/servers/engine-proxy.js";
import { moveTag } from "../../support/servers/move-tag.js";
import { named, retag, useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";
import { rarely } from "../../support/rarely.js";

describe("a tag that moves", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  let registry: BedRegistry;
  let image: string;
  let shop: Workspace;
  let proxy: EngineProxy;
  before(async () => {
    registry = await startRegistry();
    proxy = await engineProxyTo(host("b"));
    image = `${registry.address}/app`;
    for (const version of ["1", "2"]) {
      await retag(host("a"), `k2-test/busybox:${version}`, `${image}:v${version}`);
      await push(connect({ name: "a", address: host("a").address }), `${image}:v${version}`);
    }
    await closeAll();
    await move("1");
    shop = await workspace("pulls", {
      files: {
        "compose.yml": `hosts: {a: "${host("a").address}", b: "${proxy.address}"}
services:
  web:
    image: ${image}:now
    pull_policy: \${POLICY}
    host: \${WHERE}
    command: sleep 3600
    stop_signal: SIGKILL
`,
      },
      env: { POLICY: "always", WHERE: "[ab]" },
    });
  });
  after(async () => {
    await proxy.shut();
    await registry.close();
  });

  const up = () => shop.mustPulumi("up", "--yes", "--skip-preview");
  const move = (version: string) => moveTag(registry.address, "app", `v${version}`, "now");
  /** Returns the version of the image that each container runs. */
  const versions = async () => {
    const all = [
      ...(await containersOf(host("a"), shop.project)),
      ...(await containersOf(host("b"), shop.project)),
    ];
    return all.map(({ Config }) => Config.Labels["version"]).join();
  };

  it("must be pulled on all hosts with pull_policy: always, and shown in the preview", async () => {
    await up();
    assert.equal(await versions(), "1,1");
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await move("2");
    const { stdout } = await shop.pulumi("preview");
    assert.match(stdout, /app:now is \w{12} in its registry now \(was \w{12}\): will be pulled/);
    assert.deepEqual(named("Service", await shop.preview()).sort(), ["web@a", "web@b"]);
    const refresh = await shop.mustPulumi("refresh", "--yes", "--diff");
    assert.match(refresh, /\+ moved_to: "sha256:\w+"/);
    await up();
    assert.equal(await versions(), "2,2");
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  rarely("must be checked again after the registry did not answer", async () => {
    await registry.kill();
    const { stdout } = await shop.pulumi("preview");
    assert.match(
      stdout,
      /its registry does not report the current digest of \S+app:now: will be asked again/,
    );
    const failed = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout, /The engine itself, not this machine, must reach/);
    await registry.restart();
    assert.equal(await versions(), "2,2");
    assert.deepEqual(await shop.preview(), []);
  });

  rarely("must be checked at the interval of pull_policy", async () => {
    shop.env["POLICY"] = "daily";
    await up();
    await move("1");
    assert.deepEqual(await shop.preview(), []);
    shop.env["POLICY"] = "every_1s";
    await sleep(1_000);
    await up();
    assert.equal(await versions(), "1,1");
  });

  it("must have the digest of the other hosts on a host that was away, although the tag has moved on since", async () => {
    shop.env["POLICY"] = "always";
    await move("2");
    await proxy.shut();
    assert.equal((await shop.cli("up")).code, 4);
    shop.env["POLICY"] = "missing";
    await move("1");
    await proxy.open();
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(await versions(), "2,2");
  });

  rarely("must not affect a host that is added later: it gets the image of the others", async () => {
    shop.env["WHERE"] = "a";
    await up();
    assert.equal(await versions(), "2");
    // Host b already has the tag's other image, but no container of the project.
    await engine(host("b"), "POST", `/images/create?fromImage=${encodeURIComponent(image)}&tag=now`);
    shop.env["WHERE"] = "[ab]";
    await up();
    assert.equal(await versions(), "2,2");
  });

  it("must be pulled only with `up --pull always` when the policy does not pull it", async () => {
    assert.deepEqual(await shop.preview(), []);
    const seen = await shop.cli("preview", "--pull", "always");
    assert.match(seen.stdout, /in its registry now/, seen.stderr);
    for (const policy of ["policy", "missing", "if_not_present", "never"]) {
      const { stdout } = await shop.cli("preview", "--pull", policy, "--json");
      assert.deepEqual(JSON.parse(stdout), [], policy);
    }
    const { code, stdout, stderr } = await shop.cli("up", "--pull", "always");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(await versions(), "1,1");
    const again = await shop.cli("up", "--pull", "always");
    assert.match(again.stdout + again.stderr, /Nothing to do/);
  });

  rarely("must not be pulled with `--pull never`", async () => {
    shop.env["POLICY"] = "never";
    for (const { Id } of await containersOf(host("b"), shop.project))
      await engine(host("b"), "DELETE", `/containers/${Id}?force=1`);
    await engine(host("b"), "DELETE", `/images/${image}:now?force=1`);
    const { code, stdout } = await shop.pulumi("up", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(stdout, /b: image \S+app:now is not on this host, and is not pulled \(pull policy: never\)/);
  });
});
