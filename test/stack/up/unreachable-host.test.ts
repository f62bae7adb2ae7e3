import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { type EngineProxy, engineProxyTo } from "../../support/servers/engine-proxy.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { rarely } from "../../support/rarely.js";

const file = (value: number) => `
services:
  near: &sleeper
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    environment: { VALUE: "${value}" }
    host: here
  far:
    <<: *sleeper
    host: there
`;

describe("an unreachable host, for `k2-compose up`", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });
  let shop: ComposeFolder;
  let proxy: EngineProxy;
  before(async () => {
    proxy = await engineProxyTo(host("b"));
    shop = folder("away");
    write(1);
    await shop.mustCli("up");
  });
  after(() => proxy.shut().catch(() => undefined));

  it("must be reported, and fail the run even if the other hosts have nothing to do", async () => {
    await proxy.shut();
    const runs = history();
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 4, stdout + stderr);
    assert.match(stderr, /^Nothing to do: 1 service on 1 host/m);
    assert.equal(count(stdout + stderr, /ECONNREFUSED|refused/g), 1, "the failure is printed once");
    assert.equal(history(), runs, "Pulumi does not run");
    assert.equal((await shop.cli("preview", "--detailed-exitcode")).code, 2);
  });

  it("must not block changes on other hosts, and lose nothing itself", async () => {
    const [far] = await containersOf(host("b"), shop.project);
    write(2);
    const { code, stdout, stderr } = await shop.cli("up");
    assert.equal(code, 4, stdout + stderr);
    assert.match(stderr, /^here: 1 updated$/m);
    assert.match(stderr, /^there: not reached/m);
    assert.equal(count(stdout + stderr, /ECONNREFUSED|refused/g), 1, `printed once: ${stdout}${stderr}`);
    const [near] = await containersOf(host("a"), shop.project);
    assert.ok(near!.Config.Env.includes("VALUE=2"));
    const [now] = await containersOf(host("b"), shop.project);
    assert.deepEqual([now!.Id, now!.State.StartedAt], [far!.Id, far!.State.StartedAt]);
  });

  it("must not affect named services on other hosts", async () => {
    assert.equal((await shop.cli("up", "near")).code, 0);
  });

  it("must be updated by the next `up` when it is reachable again", async () => {
    await proxy.open();
    assert.match(await shop.mustCli("up"), /^there: 1 updated$/m);
    const [far] = await containersOf(host("b"), shop.project);
    assert.ok(far!.Config.Env.includes("VALUE=2"));
    assert.match(await shop.mustCli("up"), /Nothing to do: 2 services on 2 hosts/);
  });

  rarely("must not block services on other hosts that use its image, even if it never answered", async () => {
    await proxy.shut();
    const first = folder("never");
    const more =
      '\n  all: { image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, deploy: { mode: global } }\n';
    const hosts = `hosts: { here: "${host("a").address}", there: "${proxy.address}" }\n`;
    first.write("compose.yml", `${hosts}${file(1).trimEnd()}${more}`);
    assert.equal((await first.cli("up", "near")).code, 0);
    const { code, stdout, stderr } = await first.cli("up");
    assert.equal(code, 4, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /Duplicate resource/);
    const names = (await containersOf(host("a"), first.project)).map(({ Name }) => Name);
    assert.deepEqual(names, [`${first.project}-all-1`, `${first.project}-near-1`]);
    await proxy.open();
    await first.mustCli("up");
    assert.equal((await containersOf(host("b"), first.project)).length, 2);
    assert.match(await first.mustCli("up"), /Nothing to do/);
    await first.mustCli("down");
  });

  it("must be removed by drain and forget-host, which a preview shows first", async () => {
    const either = (there: string) =>
      `hosts: { here: "${host("a").address}", there: ${there} }\n${file(2)}`.replace(
        "host: there",
        "host: [here, there]\n    scale: 1",
      );
    shop.write("compose.yml", either(`"${proxy.address}"`));
    assert.match(await shop.mustCli("up"), /Nothing to do/, "the service stays on its host");
    await proxy.shut();
    shop.write("compose.yml", either(`{ address: "${proxy.address}", drain: true }`));
    assert.match((await shop.cli("preview")).stdout, /^here .*\n {2}\+ far$/m);
    assert.equal((await shop.cli("up", "-y")).code, 4);
    assert.equal((await containersOf(host("a"), shop.project)).length, 2);
    assert.match((await shop.cli("ps")).stdout, /far .*unreachable/, "the state keeps the service");
    assert.match(await shop.mustCli("forget-host", "there", "-y"), /^forget Service far@there$/m);
    assert.match(await shop.mustCli("up"), /Nothing to do: 2 services on 1 host/);
    assert.equal(
      (await containersOf(host("b"), shop.project)).length,
      1,
      "the container on the forgotten host is unchanged",
    );
  });

  function write(value: number): void {
    shop.write(
      "compose.yml",
      `hosts: { here: "${host("a").address}", there: "${proxy.address}" }\n${file(value)}`,
    );
  }

  function history(): number {
    return readdirSync(join(shop.home, ".k2-compose/state/.pulumi/history"), { recursive: true }).length;
  }
});

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}
