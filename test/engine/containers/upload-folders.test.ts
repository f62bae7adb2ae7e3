import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Engine } from "../../../provider/engine/connection/connect.js";
import { closeAll, connect } from "../../support/engines.js";
import { filesAt } from "../../../provider/engine/files/container-files.js";
import { withFolders } from "../../../provider/engine/files/upload-folders.js";
import { hashesOf, type Uploads, volumeOf } from "../../../provider/engine/files/synced-folders.js";
import { syncedMounts } from "../../../provider/model/plan/upload-mounts.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";

const project = `fill${randomBytes(3).toString("hex")}`;
const folders = 3;

describe("simultaneous uploads of one folder", { skip: bedMissing() }, () => {
  let bed: Bed;
  let host: Engine;
  let uploads: Uploads;
  const root = mkdtempSync(join(tmpdir(), "k2-fill-"));
  const content = randomBytes(8 << 20);

  before(async () => {
    bed = await startBed({ hosts: ["a"] });
    host = connect({ name: "a", address: bed.hosts.a!.address });
    const synced: Record<string, string> = {};
    for (let at = 0; at < folders; at++) {
      mkdirSync(join(root, `site${at}`));
      writeFileSync(join(root, `site${at}`, "page"), content);
      Object.assign(synced, await hashesOf(root, `site${at}`));
    }
    const volumes = Array.from({ length: folders }, (_, at) => ({
      ...{ type: "bind", source: `./site${at}`, target: `/site${at}`, read_only: true },
    })) as Uploads["volumes"];
    uploads = { project, service: "web", image: "k2-test/busybox:1", volumes: volumes!, synced };
  });

  after(async () => {
    for (const { Id } of await containers()) await remove(Id);
    for (const { source } of mounts()) await host.delete(`/volumes/${source}`, { ok: [404] });
    await closeAll();
    await bed?.close();
  });

  const mounts = () => syncedMounts(uploads).map((one) => volumeOf(one, uploads));
  const containers = () =>
    host.get<{ Id: string; Labels: Record<string, string> }[]>("/containers/json", {
      query: { all: true, filters: JSON.stringify({ label: [`com.docker.compose.project=${project}`] }) },
    });
  const remove = (id: string) => host.delete(`/containers/${id}`, { query: { force: true, v: true } });

  /** Uploads the folders and creates a container with them, of the service or of `run`; returns its id. */
  async function upload(
    oneoff: boolean,
    steps: string[] = [],
    beforeCreation = () => Promise.resolve(),
  ): Promise<string> {
    return withFolders(host, uploads, { root, onStep: ({ text }) => steps.push(text) }, async () => {
      const Mounts = mounts().map(({ source, target }) => ({
        ...{ Type: "volume", Source: source, Target: target, ReadOnly: true },
      }));
      const Labels = {
        "com.docker.compose.project": project,
        ...(oneoff && { "com.docker.compose.oneoff": "True" }),
      };
      const body = { Image: "k2-test/busybox:1", Cmd: ["sleep", "9"], Labels, HostConfig: { Mounts } };
      await beforeCreation();
      const { Id } = await host.post<{ Id: string }>("/containers/create", { body });
      return Id;
    });
  }

  async function assertComplete(id: string): Promise<void> {
    for (let at = 0; at < folders; at++) {
      const files = await filesAt(host, id, `/site${at}/page`);
      assert.ok(files?.[0]?.content.equals(content), `site${at}`);
    }
  }

  it("must all get complete folders, and upload each once", async () => {
    const steps: string[] = [];
    const ids = await Promise.all([false, true, true].map((oneoff) => upload(oneoff, steps)));
    for (const id of ids) await assertComplete(id);
    assert.equal((await containers()).length, 3, "the containers used for the upload are removed");
    const uploaded = steps.filter((step) => step.startsWith("upload "));
    assert.deepEqual(uploaded.sort(), ["upload ./site0", "upload ./site1", "upload ./site2"]);
    for (const id of ids) await remove(id);
  });

  it("must keep a folder in use by a container of `run` only, which may end before the next container exists", async () => {
    const short = await upload(true);
    const later = upload(false, [], async () => {
      await remove(short);
      for (const { source } of mounts()) await host.delete(`/volumes/${source}`, { ok: [404, 409] });
    });
    await assertComplete(await later);
    for (const { Id } of await containers()) await remove(Id);
  });

  it("must remove what a dead process has left, without waiting", async () => {
    const [{ source } = { source: "" }] = mounts();
    const dead = `${hostname()} 4194303`;
    const Labels = {
      ...{ "com.docker.compose.project": project, "k2-compose.fills": `${project}/web` },
      "k2-compose.filler": dead,
    };
    const Mounts = [{ Type: "volume", Source: source, Target: "/k2-compose" }];
    const body = { Image: "k2-test/busybox:1", Cmd: ["x"], Labels, HostConfig: { Mounts } };
    await host.post("/containers/create", { body });
    const steps: string[] = [];
    await assertComplete(await upload(false, steps));
    assert.ok(!steps.some((step) => step.startsWith("wait")), steps.join());
    assert.equal((await containers()).length, 1);
  });
});
