import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { it } from "node:test";
import { Context } from "../../../cli/application/context.js";
import type { Deployment } from "../../../cli/history/deployments.js";
import { listDeployments } from "../../../cli/rollback/list.js";
import type { ServiceChange } from "../../../provider/model/history/service-changes.js";
import { shown } from "../../support/docs/pages.js";

it("docs/rollback.md shows what `rollback --list` prints", () => {
  const page = shown("docs/rollback.md", "   #  WHEN");
  const [one, two, four] = [...page.matchAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g)].map(
    ([time]) => new Date(time),
  );
  const [stdout, stderr] = [new PassThrough({ encoding: "utf8" }), new PassThrough()];
  const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
  const interrupts = {
    signal: new AbortController().signal,
    handle: () => () => undefined,
    stop: () => undefined,
  };
  const context = new Context({ env: {}, cwd: "/", stdin, stdout, stderr }, {} as never, interrupts);
  const image = { before: "shop/web:1", after: "shop/web:2" };
  listDeployments(
    context,
    [
      deployment(1, one, [
        { service: "db@as", what: "added" },
        { service: "web@b", what: "added" },
      ]),
      deployment(2, two, [{ service: "web@b", what: "changed", image }]),
      deployment(4, four, [{ service: "web@b", what: "changed", replicas: { before: 1, after: 3 } }]),
    ],
    false,
  );
  assert.equal(String(stdout.read()), page);
});

function deployment(number: number, ended = new Date(0), changes: ServiceChange[]): Deployment {
  const document = async () => undefined;
  const run = { number, ended, result: "succeeded", message: "", document, decrypted: document };
  return { run, state: {} as Deployment["state"], changes };
}
