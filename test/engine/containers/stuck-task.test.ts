import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../support/engines.js";
import { execute } from "../../../provider/engine/containers/execute.js";
import { stuckIn } from "../../../provider/engine/containers/stuck-task.js";
import { withoutUndo } from "../../../provider/model/reconcile/operations.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import { engine } from "../../support/bed/http-engine.js";

const skip = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it kills an engine of the test bed") ?? false;
let bed: Bed;
let host: BedHost;

before(async () => {
  if (skip) return;
  bed = await startBed({ hosts: ["stuck"] });
  host = bed.hosts.stuck as BedHost;
});
after(() => bed?.close());

test(
  "a container whose engine died during its start is detected as unable to start",
  { skip },
  async (context) => {
    const id = await stuck();
    if (id === undefined) return context.skip("the engine did not die at the right moment");
    const client = connect({ name: "stuck", address: host.address });
    const container = { id, label: "web" };
    const start = { op: "start", container, wait: "started", cause: "was never started" } as const;
    const operations = { summary: "", reasons: [], stages: [[withoutUndo([start])]], kept: [] };
    const hands = {
      beforeStart: () => Promise.resolve(),
      starting: (_id: string, start: () => Promise<void>) => start(),
    } as never;
    await assert.rejects(execute(client, operations, hands), (error) => stuckIn(error) === id);
    await engine(host, "DELETE", `/containers/${id}?force=1`);
  },
);

/** Kills the engine during a start until the container is stuck. The right moment depends on the machine. */
async function stuck(): Promise<string | undefined> {
  for (let milliseconds = 60; milliseconds < 600; milliseconds += 40) {
    const body = { Image: "k2-test/busybox:1", Cmd: ["sleep", "3600"] };
    const { Id } = await engine<{ Id: string }>(host, "POST", "/containers/create", body);
    const started = engine(host, "POST", `/containers/${Id}/start`).catch(() => undefined);
    await sleep(milliseconds);
    await host.kill();
    await started;
    await host.restart();
    const again = await engine(host, "POST", `/containers/${Id}/start`).catch(
      (error: Error) => error.message,
    );
    if (String(again).includes("already exists")) return Id;
    await engine(host, "DELETE", `/containers/${Id}?force=1`);
  }
  return undefined;
}
