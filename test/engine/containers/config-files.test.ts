import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Service } from "../../../provider/compose/types.js";
import { isFileVolume } from "../../../provider/engine/files/config-files.js";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedHost } from "../../support/bed/bed-engine.js";
import { deployOurs } from "../../support/docker-compose/deploy-ours.js";
import { engine, removeProject } from "../../support/bed/http-engine.js";
import { engineRequest } from "../../support/scripts.js";

const skip = bedMissing() ?? false;
const project = "files";
let bed: Bed;
let host: BedHost;
/** The volumes for configs and secrets that this test created. */
const made = new Set<string>();

before(async () => {
  if (skip) return;
  bed = await startBed({ hosts: ["diff"] });
  host = bed.hosts.diff as BedHost;
});
after(async () => {
  if (skip) return;
  await removeProject(host, project);
  // Other tests on this engine have such volumes too, so this test removes only its own.
  for (const name of made) await engine(host, "DELETE", `/volumes/${name}`);
  await bed.close();
});

const contents = { configs: { app: "from config\n" }, secrets: { password: "from secret\n" } };
const base: Service = {
  image: "k2-test/busybox:1",
  entrypoint: null,
  // With a terminal, the log has no headers between the lines.
  tty: true,
  command: ["sh", "-c", "cat /etc/app/app.conf /run/secrets/password; ls -lan /run/secrets | grep password"],
  network_mode: "none",
  configs: [{ source: "app", target: "/etc/app/app.conf" }],
  secrets: [{ source: "password", uid: "7", gid: "8", mode: "0400" }],
};

const kinds: Record<string, Partial<Service>> = {
  plain: {},
  "read-only": { read_only: true },
  "read-only with a tmpfs on /run": { read_only: true, tmpfs: ["/run", "/tmp"] },
  "with a tmpfs volume on /run": { volumes: [{ type: "tmpfs", target: "/run" }] },
};

for (const [kind, service] of Object.entries(kinds)) {
  test(`a container has its configs and secrets: ${kind}`, { skip }, async () => {
    await removeProject(host, project);
    const config = {
      name: project,
      services: { a: { ...base, ...service } },
      networks: {},
      volumes: {},
      configs: {},
      secrets: {},
    };
    const settings = { apiVersion: "1.41", directory: "/", imageIdOf: () => "", start: true };
    assert.equal(await deployOurs(host, config, contents, settings), undefined);
    await engine(host, "POST", `/containers/${project}-a-1/wait`);
    const { text } = await engineRequest(
      { address: host.socket },
      "GET",
      `/containers/${project}-a-1/logs?stdout=1`,
    );
    const { Mounts } = await engine<{ Mounts: { Name?: string }[] }>(
      host,
      "GET",
      `/containers/${project}-a-1/json`,
    );
    for (const { Name } of Mounts) if (Name !== undefined && isFileVolume(Name)) made.add(Name);
    assert.match(text, /from config\r\nfrom secret\r\n-r-------- +1 7 +8 +12 /);
  });
}
