import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkout } from "../support/scripts.js";

/** Files whose processes need the secrets, or get an environment of their own. */
const allowed = ["cli/deployment/pulumi-run.ts", "cli/deployment/run-handover.ts", "cli/pulumi/command.ts"];

describe("a process that the product starts", () => {
  it("must not inherit the secrets of the stack, unless it is Pulumi", () => {
    const starting = ["provider", "program", "runtime", "cli"]
      .flatMap((folder) =>
        readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" }).map((file) =>
          join(folder, file),
        ),
      )
      .filter((file) => file.endsWith(".ts"))
      .map((file) => ({ file, text: readFileSync(join(checkout, file), "utf8") }))
      .filter(({ text }) => text.includes('"node:child_process"'));
    assert.ok(starting.length > allowed.length);
    const leaking = starting.filter(
      ({ text }) => text.split(/\bspawn\(|\bexecFile\b\)?\(/).length !== text.split("withoutSecrets(").length,
    );
    assert.deepEqual(leaking.map(({ file }) => file).sort(), allowed);
  });
});
