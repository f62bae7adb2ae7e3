import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { confirmAll } from "../../../cli/terminal/confirm.js";
import type { Context } from "../../../cli/application/context.js";
import { exitCodeOf } from "../../../cli/terminal/exit-codes.js";
import { eventOf } from "../../../cli/deployment/pulumi-events.js";
import { withoutStack } from "../../../provider/run-error.js";
import { K2Error, messageOf } from "../../../provider/shared/errors.js";
import { cli } from "../../support/cli/cli-run.js";
import { FakeEngine } from "../../support/fake-engine/fake-engine.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("exit codes of failures", () => {
  it("must be those of the errors that a program throws", () => {
    const message = "compose.yml:2:3: services.web: no image\nWrite one.";
    const thrown = withoutStack(new K2Error("invalid-file", message));
    const event = eventOf(
      JSON.stringify({ diagnosticEvent: { message: messageOf(thrown), severity: "error" } }),
    );
    assert.deepEqual(event, {
      ...{ type: "message", urn: "", text: message, code: "invalid-file" },
      ...{ severity: "error", passing: false },
    });
  });

  it("must be 1 after the answer no, with an error code of its own", async () => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const { signal } = new AbortController();
    const context = { interactive: true, world: { stdin, stdout }, signal } as unknown as Context;
    const asked = confirmAll(context, { doing: "stop ALL-Services", names: [], yes: false });
    stdin.write("n\n");
    const error: unknown = await asked.catch((reason: unknown) => reason);
    assert.ok(K2Error.is(error));
    assert.deepEqual([error.code, exitCodeOf(error.code)], ["declined", 1]);
  });

  it("must not be that of unhealthy services when a dependency of `run` is not deployed", async () => {
    const engine = await FakeEngine.start({ name: "one" });
    const cwd = temporaryFolder("codes");
    try {
      const compose = `hosts: {a: "${engine.address}"}
services: {web: {image: "web:1", host: a, depends_on: [db]}, db: {image: "db:1", host: a}}
`;
      writeFileSync(join(cwd, "compose.yml"), compose);
      writeFileSync(join(cwd, "Pulumi.yaml"), "name: shop\nruntime: {name: nodejs}\n");
      writeFileSync(join(cwd, "index.js"), 'import { ComposeProject } from "k2-compose";\n');
      mkdirSync(join(cwd, "state"));
      const env = { HOME: cwd, PULUMI_BACKEND_URL: `file://${join(cwd, "state")}`, PULUMI_STACK: "dev" };
      const { code, stderr } = await cli(["run", "web", "true"], { cwd, env });
      assert.match(stderr, /web needs resources that are not deployed: .*service db@a/);
      assert.equal(code, exitCodeOf("not-found"));
    } finally {
      await engine.close();
      rmSync(cwd, { recursive: true });
    }
  });
});
