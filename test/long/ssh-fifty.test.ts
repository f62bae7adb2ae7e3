import assert from "node:assert/strict";
import { dirname, delimiter } from "node:path";
import { after, before, describe, it } from "node:test";
import { bedMissing } from "../support/bed/bed.js";
import { type BedSsh, startSsh } from "../support/bed/ssh.js";
import type { ComposeFolder } from "../support/cli/compose-folder.js";
import { containersOf } from "../support/bed/http-engine.js";
import { useBed } from "../support/bed/use-bed.js";
import { pulumiBin } from "../support/scripts.js";

const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it needs a host of the test bed");

describe("a host whose sshd allows 10 sessions and 10 logins at once", { skip: missing ?? false }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let ssh: BedSsh;
  let shop: ComposeFolder;
  before(async () => {
    ssh = await startSsh(host("a"));
    const PATH = [ssh.bin, pulumiBin()!, dirname(process.execPath), process.env.PATH].join(delimiter);
    const services = Array.from(
      { length: 50 },
      (_, at) =>
        `  s${at}: { image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, network_mode: none }`,
    );
    const file = `hosts: { default: "${ssh.address}" }\nservices:\n${services.join("\n")}\n`;
    shop = folder("fifty", { env: { PATH }, files: { "compose.yml": file } });
  });
  after(() => ssh.close());

  it("must serve 50 containers: with one login per process, not one per call", async () => {
    await shop.mustCli("up");
    const running = (await containersOf(host("a"), shop.project)).filter(
      ({ State }) => State.Status === "running",
    );
    assert.equal(running.length, 50);
    assert.equal(ssh.logins(), 2, "one login of the CLI and one of the handlers");
    assert.match(await shop.mustCli("up"), /Nothing to do: 50 services on 1 host/);
    assert.equal(ssh.logins(), 3);
  });

  it("must remove them again", async () => {
    await shop.mustCli("down");
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });
});
