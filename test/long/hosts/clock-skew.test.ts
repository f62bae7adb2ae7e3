import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type ComposeFolder, createComposeFolder } from "../../support/cli/compose-folder.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";

const hour = 3_600_000;

/** Fake engines, because the clock of a real engine cannot be set without that of the machine. */
describe("hosts whose clocks are wrong", () => {
  let engines: FakeEngine[];
  let shop: ComposeFolder;
  before(async () => {
    engines = [await FakeEngine.start({ name: "early" }), await FakeEngine.start({ name: "late" })];
    for (const [at, { contents }] of engines.entries()) {
      contents.clockSkew = [-3 * hour, 30 * hour][at]!;
      contents.addImage("fake/app:1");
      contents.behaviours.set("fake/app:1", { health: "healthy" });
    }
    shop = createComposeFolder("skew");
    write("1");
  });
  after(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await shop.close();
  });

  it("must be deployed to, and show no changes afterwards", async () => {
    await shop.mustCli("up");
    assert.match(await shop.mustCli("up"), /Nothing to do: 2 services on 2 hosts/);
    assert.match(await shop.mustCli("refresh"), /The state matches the hosts/);
    assert.match(await shop.mustCli("up"), /Nothing to do/);
  });

  it("must have their containers replaced, and the old ones removed", async () => {
    write("2");
    await shop.mustCli("up");
    for (const { contents } of engines) {
      const there = [...contents.containers.values()];
      assert.deepEqual(
        there.map(({ Config, State }) => [Config.Env, State]),
        [[["VALUE=2"], "running"]],
      );
    }
    assert.match(await shop.mustCli("up"), /Nothing to do/);
  });

  function write(value: string): void {
    const service = (host: string) => ({
      image: "fake/app:1",
      host,
      environment: { VALUE: value },
      healthcheck: { test: ["CMD", "true"], interval: "1s" },
      ...(host === "late" && { depends_on: { first: { condition: "service_healthy" } } }),
    });
    const hosts = Object.fromEntries(engines.map(({ address }, at) => [["early", "late"][at], address]));
    shop.write(
      "compose.yml",
      JSON.stringify({ hosts, services: { first: service("early"), second: service("late") } }),
    );
  }
});
