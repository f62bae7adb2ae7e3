import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { carriedMounts, containerCreate } from "../../../provider/engine/containers/create-body.js";
import { type Bed, startBed } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { engine, removeProject } from "../../support/bed/http-engine.js";

const skip = composeMissing() ?? false;
const project = "carry";
const image = "k2-test/volumes:1";
let bed: Bed;
let host: BedHost;
let directory: string;

interface Inspected {
  HostConfig: { Binds: string[] | null; Mounts?: unknown[] };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
}

before(async () => {
  if (skip) return;
  bed = await startBed({ hosts: ["diff"] });
  host = bed.hosts.diff as BedHost;
  directory = mkdtempSync(join(tmpdir(), "k2-carry-"));
  const { Id } = await engine<{ Id: string }>(host, "POST", "/containers/create", {
    Image: "k2-test/busybox:1",
  });
  const changes = encodeURIComponent('VOLUME ["/image", "/mounted"]');
  await engine(host, "POST", `/commit?container=${Id}&repo=k2-test%2fvolumes&tag=1&changes=${changes}`, {});
  await engine(host, "DELETE", `/containers/${Id}`);
});
after(async () => {
  if (skip) return;
  await removeProject(host, project);
  rmSync(directory, { recursive: true, force: true });
  await bed.close();
});

function file(environment: string): string {
  return `
services:
  a:
    image: ${image}
    command: sleep 1000
    environment: [A=${environment}]
    tmpfs: [/scratch]
    volumes: [/anonymous, "data:/mounted:ro", "data:/data", {type: volume, target: /long}]
volumes: {data: }
`;
}

async function up(environment: string): Promise<Inspected> {
  writeFileSync(join(directory, "compose.yaml"), file(environment));
  const { code, stderr } = await dockerCompose(host, ["-p", project, "up", "-d"], { cwd: directory });
  assert.equal(code, 0, stderr);
  return engine<Inspected>(host, "GET", `/containers/${project}-a-1/json`);
}

test("a recreated container keeps the anonymous volumes that docker compose keeps", { skip }, async () => {
  const old = await up("1");
  const theirs = await up("2");
  const { services } = await load({ cwd: directory, env: {}, projectName: project });
  const service = services.a!;
  const observed = old.Mounts.map(({ Type, Name, Source, Destination, RW }) => ({
    type: Type,
    name: Name,
    source: Source,
    target: Destination,
    writable: RW,
  }));
  const carry = carriedMounts(observed, ["/image", "/mounted"], service);
  assert.deepEqual(carry.map(({ target }) => target).sort(), ["/anonymous", "/image", "/long", "/mounted"]);
  const { body } = containerCreate(service, {
    ...{ project, service: "a", number: 1, naming: "compose", name: "a", finalName: "a", image, labels: {} },
    ...{ networks: { default: "carry_default" }, volumes: { data: "carry_data" }, containers: {} },
    ...{ carry, apiVersion: "1.41" },
  });
  const ours = body.HostConfig as Inspected["HostConfig"];
  assert.deepEqual(sorted(ours.Binds), sorted(theirs.HostConfig.Binds));
  assert.deepEqual(sorted(ours.Mounts), sorted(theirs.HostConfig.Mounts));
});

function sorted(mounts: unknown[] | null | undefined): string[] {
  return (mounts ?? []).map((mount) => JSON.stringify(mount)).sort();
}
