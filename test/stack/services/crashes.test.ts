import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";

const shell = (text: string) => JSON.stringify(["sh", "-c", text]);
const compose = ({ loop = "sleep 3600", job = "exit 0", once = "exit 0" } = {}) => `services:
  loop: {image: "k2-test/busybox:1", command: ${shell(`echo begin; exec ${loop}`)}, restart: always, stop_signal: SIGKILL}
  job: {image: "k2-test/busybox:1", command: ${shell(job)}, restart: on-failure:1}
  after: {image: "k2-test/busybox:1", command: sleep 3600, s_depends_on: [once], stop_signal: SIGKILL}
  once: {image: "k2-test/busybox:1", command: ${shell(once)}, restart: "no"}
  last: {image: "k2-test/busybox:1", command: sleep 3600, stop_signal: SIGKILL, depends_on: {once: {condition: service_completed_successfully}}}
`;

describe("containers that crash after their start", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(() => {
    shop = folder("crashes", { env: { DOCKER_HOST: host("a").address } });
  });
  const up = async () => {
    const { code, stdout, stderr } = await shop.cli("up");
    return { code, output: stdout + stderr };
  };

  it("must fail the run that created them, with the end of their logs", async () => {
    shop.write("compose.yaml", compose({ loop: "sh -c 'exit 3'", job: "echo no database; exit 4" }));
    const { code, output } = await up();
    assert.equal(code, 8, output);
    assert.match(output, /default: \S+-loop-1 is restarting\n +its last lines:\n +begin/);
    assert.match(
      output,
      /default: \S+-job-1 (exited with 4|is restarting)\n +its last lines:\n +no database/,
    );
    assert.match(output, /started and not running: /);
    assert.doesNotMatch(output, /-(once|after|last)-1 /);
  });

  it("must be found by the next run, too", async () => {
    const { code, output } = await up();
    assert.equal(code, 8, output);
    assert.match(output, /-loop-1 is restarting: will be restarted/);
    assert.match(output, /-job-1 is exited: will be started/);
    assert.match(output, /-loop-1 (exited with 3|restarted \d+ times)/);
    assert.equal((await up()).code, 8, "a run that did not finish is proven before it is done");
  });

  it("must keep the old container when a replacement crashes", async () => {
    shop.write("compose.yaml", compose());
    const fixed = await up();
    assert.equal(fixed.code, 0, fixed.output);
    assert.match((await up()).output, /^Nothing to do/m, "exit code 0 ends a job");
    const ids = async () => {
      const all = await containersOf(host("a"), shop.project);
      return all.filter(({ Name }) => Name.endsWith("-loop-1")).map(({ Id }) => Id);
    };
    const before = await ids();
    shop.write("compose.yaml", compose({ loop: "sh -c 'sleep 0.4; exit 3'" }));
    const { code, output } = await up();
    assert.equal(code, 8, output);
    assert.match(output, /the new \S+-loop-1 (exited with 3|restarted \d+ times)/);
    assert.deepEqual(await ids(), before);
  });

  it("must fail the run of a job that fails late, even if the services that wait for it do not change", async () => {
    shop.write("compose.yaml", compose({ once: "sleep 2; exit 5" }));
    const { code, stdout, stderr } = await shop.cli("up", "--json");
    assert.equal(code, 8, stderr);
    assert.match(stderr, /-once-1 exited with 5/);
    assert.match(stdout, /^\{"type":"message",.*-once-1 exited with 5.*"code":"unhealthy","at":"default"/m);
    assert.doesNotMatch(stderr, /last@default/);
  });
});
