import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../support/engines.js";
import { jsonLines } from "../../provider/engine/connection/stream.js";
import { type Bed, bedMissing, startBed } from "../support/bed/bed.js";
import { removeProject } from "../support/bed/http-engine.js";

const project = "k2vanishes";

const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "it needs a host of the test bed");

describe("a host that loses its network connection", { concurrency: true, skip: missing ?? false }, () => {
  let bed: Bed;
  let engine: Engine;
  let id: string;
  before(async () => {
    bed = await startBed({ hosts: ["v"] });
    engine = connect({ name: "v", address: bed.hosts.v!.address });
    await removeProject(bed.hosts.v!, project);
    const Labels = { "com.docker.compose.project": project };
    const body = { Image: "k2-test/busybox:1", Cmd: ["sleep", "600"], StopTimeout: 600, Labels };
    ({ Id: id } = await engine.post<{ Id: string }>("/containers/create", { body }));
    await engine.post(`/containers/${id}/start`);
    setTimeout(() => void bed.hosts.v!.disconnect(), 1_000);
  });
  after(async () => {
    await bed.hosts.v!.reconnect();
    await removeProject(bed.hosts.v!, project);
    await closeAll();
    await bed.close();
  });

  const inTime = async (work: () => Promise<unknown>) => {
    const begin = Date.now();
    await assert.rejects(work(), { code: "unreachable", at: "v" });
    assert.ok(Date.now() - begin < 300_000, `${Date.now() - begin} ms`);
  };

  it("must end a long call", () =>
    inTime(() => engine.post(`/containers/${id}/stop`, { timeout: 24 * 3_600_000 })));

  it("must end a silent stream", () =>
    inTime(async () => {
      const events = await engine.stream("GET", "/events", { query: { filters: { type: ["plugin"] } } });
      for await (const event of jsonLines(events, engine.host)) assert.ok(event);
    }));

  it("must end a connection in both directions", () =>
    inTime(async () => {
      const connection = await engine.hijack(`/containers/${id}/attach`, {
        query: { stream: true, stdout: true },
      });
      for await (const chunk of jsonLines(connection, engine.host)) assert.ok(chunk);
    }));
});
