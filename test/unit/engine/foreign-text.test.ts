import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { engineFailure } from "../../../provider/engine/connection/failure.js";
import { K2Error } from "../../../provider/shared/errors.js";
import { foreignLine, foreignText, withoutControls } from "../../../provider/shared/foreign-text.js";

const host = { name: "b", address: "tcp://10.0.0.6:2375" };

describe("a text from an engine or a registry", () => {
  const cases: [string, string, string][] = [
    ["the clipboard", "a\u001b]52;c;cm0gLXJm\u0007b", "ab"],
    ["the clipboard, in one byte", "a\u009d52;c;cm0\u009cb", "ab"],
    ["the title, without its end", "a\u001b]0;title\nb", "a\nb"],
    ["a cleared screen", "a\u001b[2J\u001b[Hb", "ab"],
    ["a device control string", "a\u001bP+q544e\u001b\\b", "ab"],
    ["an overwritten line", "failed\rdone\u0008", "faileddone"],
    ["a reset", "a\u001bcb", "ab"],
    ["reversed text", "a\u202egnp.exe", "agnp.exe"],
    ["colours", "\u001b[31mred\u001b[0m", "red"],
  ];
  for (const [what, text, shown] of cases)
    it(`must not control the terminal: ${what}`, () => assert.equal(withoutControls(text), shown));

  it("must keep line ends, tabs, and colours on request", () => {
    const text = "a\tb\n\u001b[1;31mc\u001b[0m\u001b[2Jé漢";
    assert.equal(withoutControls(text, { colours: true }), "a\tb\n\u001b[1;31mc\u001b[0mé漢");
  });

  it("must be cut, and must not imitate lines of k2-compose", () => {
    assert.equal(
      foreignLine("no such image\nerror: all hosts are gone\n"),
      "no such image error: all hosts are gone",
    );
    assert.equal(foreignText("one\ntwo"), "one\n    two");
    assert.equal(foreignLine("x".repeat(20_000_000), 10), `${"x".repeat(10)}…`);
  });

  it("must be clean in errors", () => {
    const message = "gone\u001b[2J\nerror: b is lost" + "!".repeat(10_000);
    const { message: shown } = engineFailure(host, 500, JSON.stringify({ message }));
    assert.match(shown, /^b: gone error: b is lost!+…$/);
    assert.ok(shown.length < 2100);
    const { what, hint } = new K2Error("engine", "a\u001b[2Jb", { hint: "c\u0007" });
    assert.deepEqual([what, hint], ["ab", "c"]);
  });
});
