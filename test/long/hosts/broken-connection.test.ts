import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bedMissing, modernMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { type EngineProxy, engineProxyTo } from "../../support/servers/engine-proxy.js";
import { eventually } from "../../support/eventually.js";
import { type ContainerInfo, containersOf, engine, networksLeft } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";

const modern = modernMissing() === undefined;

describe("a host with connection failures", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"], modern: modern ? ["m"] : [] });
  let shop: ComposeFolder;
  let proxy: EngineProxy;
  before(async () => {
    proxy = await engineProxyTo(host("b"));
    shop = folder("trouble");
  });
  after(() => proxy.shut().catch(() => undefined));

  it("must not delay the other hosts when it is slow", async () => {
    proxy.holdFrom(/^POST \S*\/containers\/create/m);
    write({ near: ["n1", "n2", "n3"], far: ["f1", "f2", "f3"] });
    const up = shop.mustCli("up");
    const states = async (name: string) =>
      (await containersOf(host(name), shop.project)).map(({ State }) => State.Status);
    try {
      await eventually(() => states("a"), ["running", "running", "running"]);
      assert.deepEqual(await states("b"), []);
    } finally {
      proxy.release();
      await up;
    }
    assert.deepEqual(await states("b"), ["running", "running", "running"]);
  });

  it("must lose nothing when it is disconnected during `up`, and not block the other hosts", async () => {
    write({ near: ["n1", "n2", "n3", "n4"], far: ["f1", "f2", "f3", "f4"], after: "f4" });
    proxy.shutAfter(/^POST \S*\/containers\/create\?name=\S*f4/m);
    const { code, stdout, stderr } = await shop.cli("up");
    assert.notEqual(code, 0, stdout + stderr);
    assert.match(stderr, /f4@there.*no answer from the engine/s);
    assert.match(stderr, /late@here is blocked: it waits for f4@there, and there does not answer$/m);
    assert.match(stderr, /^there: no answer, 1 failed$/m);
    assert.deepEqual(names(await containersOf(host("a"), shop.project)), ["n1", "n2", "n3", "n4"]);
    // The engine has created f4, but the answer did not arrive.
    assert.deepEqual(names(await containersOf(host("b"), shop.project)), ["f1", "f2", "f3", "f4"]);
    const { stdout: ps } = await shop.cli("ps", "--json");
    assert.match(ps, /f1/, "the state keeps the containers of a disconnected host");
  });

  it("must be repaired by the next `up`, with its existing containers", async () => {
    const before = await containersOf(host("b"), shop.project);
    await proxy.open();
    await shop.mustCli("up");
    const after = await containersOf(host("b"), shop.project);
    assert.deepEqual(
      after.map(({ Id, State }) => [Id, State.Status]),
      before.map(({ Id }) => [Id, "running"]),
    );
    assert.match(await shop.mustCli("up"), /Nothing to do: 9 services on 2 hosts/);
  });

  it("must get its containers again when it was reset meanwhile", async () => {
    await proxy.shut();
    const before = await containersOf(host("a"), shop.project);
    for (const { Id } of await containersOf(host("b"), shop.project))
      await engine(host("b"), "DELETE", `/containers/${Id}?force=1`);
    await proxy.open();
    const { stdout } = await shop.cli("preview");
    assert.match(stdout, /! f1 {2}drift: \S+-f1-1 is missing: will be created/);
    await shop.mustCli("up");
    assert.equal((await containersOf(host("b"), shop.project)).length, 4);
    const ids = (list: ContainerInfo[]) => list.map(({ Id }) => Id);
    assert.deepEqual(ids(await containersOf(host("a"), shop.project)), ids(before));
  });

  it("must be reported when another machine answers at its address", { skip: !modern }, async () => {
    proxy.redirectTo(host("m"));
    const { stdout } = await shop.cli("preview");
    assert.match(stdout, /! host there {2}drift: another engine answers at tcp:\/\/\S+ \(\S+, was \S+\)/);
    assert.match(stdout, /! network \S+_default {2}drift: network \S+ is missing: will be created/);
    await shop.mustCli("up");
    assert.equal((await containersOf(host("m"), shop.project)).length, 4);
    assert.equal(
      (await containersOf(host("b"), shop.project)).length,
      4,
      "the old engine keeps its containers",
    );
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    await shop.mustCli("down");
    assert.deepEqual(await networksLeft(host("m"), shop.project), []);
  });

  interface Wanted {
    near: string[];
    far: string[];
    /** Adds a service that depends on this one. */
    after?: string;
  }

  function write({ near, far, after: first }: Wanted): void {
    const service = (where: string) => (name: string) =>
      `  ${name}: { image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, host: ${where} }`;
    const late = first
      ? [
          `  late: { image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, host: here, s_depends_on: [${first}] }`,
        ]
      : [];
    const services = [...near.map(service("here")), ...far.map(service("there")), ...late].join("\n");
    shop.write(
      "compose.yml",
      `hosts: { here: "${host("a").address}", there: "${proxy.address}" }\nservices:\n${services}\n`,
    );
  }

  const names = (list: ContainerInfo[]) =>
    list.map(({ Config }) => Config.Labels["com.docker.compose.service"]!).sort();
});
