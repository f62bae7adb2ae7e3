import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { report } from "../../../cli/terminal/failure.js";
import { Output } from "../../../cli/terminal/output.js";
import { K2Error, K2Errors } from "../../../provider/shared/errors.js";
import type { World } from "../../../cli/terminal/process-io.js";

function printed(print: (out: Output) => void): string {
  let text = "";
  const stdout = { write: (more: string) => (text += more) };
  print(new Output({ stdout, stderr: stdout, env: {} } as unknown as World));
  return text;
}

/** A name that imitates a second message, and hides what follows. */
const hostile = "web\nerror: b is lost\u001b[8m\u001b[2J\u2028\u200f";

describe("a text of an engine in the output", () => {
  it("must not look like a line of its own", () => {
    assert.equal(
      printed((out) => out.line(hostile)),
      "web error: b is lost\n",
    );
    for (const [print, first] of [
      [(out: Output) => out.note(hostile), "web"],
      [(out: Output) => out.warn(hostile), "warning: web"],
      [(out: Output) => out.error(hostile), "error: web"],
    ] as const)
      assert.equal(printed(print), `${first}\n  error: b is lost\n`);
  });

  it("must stand after the place of its own error", () => {
    const errors = ["a.yml:1:1: x", "a.yml:2:1: y"].map((text) => new K2Error("invalid-file", text));
    assert.equal(
      printed((out) => void report(new K2Errors(errors), out)),
      "error: a.yml:1:1: x\nerror: a.yml:2:1: y\n",
    );
  });

  it("must not repeat the hint of several errors", () => {
    const errors = ["a.yml:1:1: x", "a.yml:2:1: y"].map(
      (text) => new K2Error("invalid-file", text, { hint: "Do this." }),
    );
    assert.equal(
      printed((out) => void report(new K2Errors(errors), out)),
      "error: a.yml:1:1: x\n  Do this.\nerror: a.yml:2:1: y\n",
    );
  });

  it("must be exact and escaped in JSON", () => {
    const escaped = '"web\\nerror: b is lost\\u001b[8m\\u001b[2J\\u2028\\u200f"\n';
    assert.equal(
      printed((out) => out.json(hostile)),
      escaped,
    );
    assert.equal(
      printed((out) => out.jsonLine(hostile)),
      escaped,
    );
    assert.equal(JSON.parse(escaped), hostile);
  });

  it("must keep the colours of tables", () => {
    const table = "a \u001b[1;31mb\u001b[0m \u001b[31mred\u001b[39m \u001b[8mhidden";
    assert.equal(
      printed((out) => out.block(table)),
      "a \u001b[1;31mb\u001b[0m \u001b[31mred\u001b[39m hidden\n",
    );
  });
});
