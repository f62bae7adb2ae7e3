import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";

interface File {
  image: string;
  host: string;
  volumes?: string[];
  others?: object;
}

describe("a run with --continue-on-error in which something fails", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  const good = "k2-test/busybox:1";
  const missing = "127.0.0.1:1/none:1";
  let shop: Workspace;
  before(async () => {
    shop = await workspace("leaves");
    write({
      image: good,
      host: "one",
      volumes: ["data:/data"],
      others: { old: { image: good, "x-host": "one" } },
    });
    await up();
  });

  it("must leave a state that Pulumi can read, whatever else was removed from the file", async () => {
    write({ image: missing, host: "one" });
    await fails();
    assert.deepEqual(await names("a"), ["old-1", "web-1"], "no container is removed");
    await fails();
    write({ image: good, host: "one" });
    await up();
    assert.deepEqual(await names("a"), ["web-1"]);
    await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("must keep a service on its host if the move fails", async () => {
    write({ image: missing, host: "two" });
    await fails();
    assert.deepEqual(await names("a"), ["web-1"]);
    write({ image: good, host: "two" });
    await up();
    assert.deepEqual([await names("a"), await names("b")], [[], ["web-1"]]);
  });

  function write({ image, host: name, volumes = [], others = {} }: File): void {
    const web = { image, "x-host": name, volumes };
    const services = Object.entries({ web, ...others }).map(([key, service]) => [
      key,
      { command: "sleep 3600", stop_signal: "SIGKILL", ...service },
    ]);
    const hosts = { one: host("a").address, two: host("b").address };
    const text = { name: shop.project, "x-hosts": hosts, volumes: { data: {} } };
    shop.write("compose.yml", JSON.stringify({ ...text, services: Object.fromEntries(services) as unknown }));
  }

  function up(): Promise<string> {
    return shop.mustPulumi("up", "--yes", "--skip-preview", "--continue-on-error");
  }

  async function fails(): Promise<void> {
    const { code, stdout, stderr } = await shop.pulumi(
      "up",
      "--yes",
      "--skip-preview",
      "--continue-on-error",
    );
    const output = stdout + stderr;
    assert.notEqual(code, 0, output);
    assert.match(output, /none/);
    assert.doesNotMatch(output, /integrity|exited with non-zero/);
  }

  async function names(name: string): Promise<string[]> {
    const found = await containersOf(host(name), shop.project);
    return found.map(({ Name }) => Name.slice(shop.project.length + 1));
  }
});
