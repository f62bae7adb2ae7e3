import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { missingFolders } from "../../../../cli/changes/missing-folders.js";
import { hashesOf, volumeOf } from "../../../../provider/engine/files/synced-folders.js";
import type { Change } from "../../../../provider/model/changes/compare.js";
import type { ServiceInputs } from "../../../../provider/model/kinds.js";
import type { HostSnapshot } from "../../../../provider/model/observed.js";
import { type Operation, withoutUndo } from "../../../../provider/model/reconcile/operations.js";
import { node } from "../../../../provider/model/plan/node.js";
import { syncedMounts } from "../../../../provider/model/plan/upload-mounts.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const root = temporaryFolder("gone");
after(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, "site"));
writeFileSync(join(root, "site/page"), "now\n");

const then = { "site/page": "0123456789abcdef" };

function service(synced: Record<string, string>): ServiceInputs {
  const volumes = [{ type: "bind" as const, source: "./site", target: "/site", read_only: true }];
  const host = { name: "far", address: "tcp://192.0.2.1:2375" };
  return { project: "shop", service: "web", image: "web:1", host, replicas: 1, volumes, synced };
}

/** Returns the missing folders for an operation. `labels`: those of an existing container with the volume. */
function look(inputs: ServiceInputs, labels?: Record<string, string>, op: "create" | "start" = "create") {
  const container = { label: "shop-web-1" };
  const operation = { op, container, wait: "started", cause: "" } as unknown as Operation;
  const operations = { summary: "", reasons: [], stages: [[withoutUndo([operation])]], kept: [] };
  const change: Change = {
    ...{ id: "service web@far", kind: "service", name: "web@far", action: "change" },
    ...{ fields: [], reasons: [], operations },
  };
  const name = volumeOf(syncedMounts(inputs)[0]!, inputs).source;
  const containers = labels ? [{ labels, mounts: [{ type: "volume", name }] }] : [];
  const plan = {
    project: "shop",
    nodes: [node("service", "web@far", inputs, { imageId: "sha256:1" } as never)],
  };
  const snapshots = new Map([["far", { containers } as unknown as HostSnapshot]]);
  return missingFolders(plan, { changes: [change], snapshots, root });
}

test("content that the folder has today can be uploaded", async () => {
  assert.deepEqual(await look(service(await hashesOf(root, "site"))), []);
});

test("content that no longer exists anywhere is reported", async () => {
  assert.deepEqual(await look(service(then)), ["web@far needs the earlier content of ./site"]);
});

test("content that a container has exists, unless its upload is incomplete", async () => {
  assert.deepEqual(await look(service(then), {}), []);
  assert.equal((await look(service(then), { "k2-compose.fills": "shop/web" })).length, 1);
});

test("without a new container no content is needed", async () => {
  assert.deepEqual(await look(service(then), undefined, "start"), []);
});
