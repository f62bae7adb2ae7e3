import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { connect } from "../../support/engines.js";
import { waitFor } from "../../../provider/engine/containers/wait.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import { type ContainerInfo, engine } from "../../support/bed/http-engine.js";

const skip = bedMissing() ?? false;
const path = "/containers/k2-wait";
let bed: Bed;
let host: BedHost;
let client: Engine;

before(async () => {
  if (skip) return;
  bed = await startBed({ hosts: ["diff"] });
  host = bed.hosts.diff as BedHost;
  client = connect({ name: "diff", address: host.address });
});
const remove = () => engine(host, "DELETE", `${path}?force=1`).catch(() => undefined);
beforeEach(() => (skip ? undefined : remove()));
after(async () => {
  if (skip) return;
  await remove();
  await bed.close();
});

const inspect = () => engine<ContainerInfo>(host, "GET", `${path}/json`);

async function start(script: string, check: string): Promise<void> {
  const seconds = 1e9;
  await engine(host, "POST", "/containers/create?name=k2-wait", {
    ...{ Image: "k2-test/busybox:1", Cmd: ["sh", "-c", script] },
    Healthcheck: { Test: ["CMD-SHELL", check], Interval: 0.3 * seconds, Retries: 1 },
    HostConfig: { RestartPolicy: { Name: "always" } },
  });
  await engine(host, "POST", `${path}/start`);
}

test("a container that was paused is not unhealthy before its next check", { skip }, async () => {
  await start("sleep 3600", "true");
  await waitFor(client, "k2-wait", "healthy", { justStarted: true });
  await engine(host, "POST", `${path}/pause`);
  await engine(host, "POST", `${path}/unpause`);
  await waitFor(client, "k2-wait", "healthy");
  assert.equal((await inspect()).State.Health?.Status, "healthy");
});

test("a container that is unhealthy after a pause is reported as such", { skip }, async () => {
  await start("touch /well; sleep 3600", "test -e /well");
  await waitFor(client, "k2-wait", "healthy", { justStarted: true });
  const { Id } = await engine<{ Id: string }>(host, "POST", `${path}/exec`, { Cmd: ["rm", "/well"] });
  await engine(host, "POST", `/exec/${Id}/start`, {});
  await engine(host, "POST", `${path}/pause`);
  await engine(host, "POST", `${path}/unpause`);
  await assert.rejects(waitFor(client, "k2-wait", "healthy"), /k2-wait is unhealthy/);
});

test("an earlier crash does not fail this wait", { skip }, async () => {
  await start("test -e /been || { touch /been; exit 1; }; sleep 3600", "true");
  for (;;) {
    const { RestartCount, State } = await inspect();
    if (RestartCount > 0 && State.Status === "running") break;
    await sleep(100);
  }
  await waitFor(client, "k2-wait", "healthy");
  await assert.rejects(waitFor(client, "k2-wait", "healthy", { justStarted: true }), /restarted 1 times/);
});
