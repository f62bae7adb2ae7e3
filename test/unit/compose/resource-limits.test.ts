/** Files that would take minutes or exceed the stack are loaded in linear time, or refused with the limit and the place. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { substitute, variablesIn } from "../../../provider/compose/interpolate/substitute.js";
import { loaded } from "../../support/model/project.js";

const tooManyValues =
  /: more than 200000 values, with those that aliases, extends, include, env_file and ranges of ports repeat$/;

/** Generous: each takes less than a second on an idle machine, and took minutes or failed before. */
const timeout = 30_000;

function services(count: number, attributes: (index: number) => string): string {
  return `services:\n${lines(count, (index) => `  s${index}: { image: a, ${attributes(index)} }\n`)}`;
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("");
}

async function refusal(text: string, env: Record<string, string> = {}): Promise<string> {
  return loaded(text, [], env).then(
    () => "was accepted",
    (error: Error) => error.message,
  );
}

describe("resources of the loader", { timeout }, () => {
  it("substitutes thousands of variables in one value, and refuses deep nesting", () => {
    const many = "${A:-x}".repeat(50_000);
    assert.equal(
      substitute(many, () => undefined),
      "x".repeat(50_000),
    );
    assert.equal(variablesIn(many).length, 50_000);
    const nested = (depth: number) => `${"${A:-".repeat(depth)}x${"}".repeat(depth)}`;
    assert.equal(
      substitute(nested(100), () => undefined),
      "x",
    );
    assert.throws(() => substitute(nested(20_000), () => undefined), /nested more than 100 levels deep/);
    assert.equal(variablesIn(nested(20_000)).length, 101);
  });

  it("names a cycle of services with at most 2000 characters", async () => {
    const message = await refusal(services(1000, (index) => `depends_on: [s${(index + 1) % 1000}]`));
    assert.match(
      message,
      /^\S+:2:\d+: services\.s0\.depends_on\S*: services depend on each other: s0 -> s1 -> .{1900,2000}…$/,
    );
  });

  it("refuses a chain of more than 1000 `extends`", async () => {
    const message = await refusal(services(1100, (index) => (index < 1099 ? `extends: s${index + 1}` : "")));
    assert.match(
      message,
      /^\S+:1002:\d+: services\.s1000\.extends: more than 1000 services extend each other/,
    );
  });

  it("refuses aliases that repeat a document, deep nesting, and more values than docker compose accepts", async () => {
    const laughs = lines(9, (index) => `x-${index + 1}: &a${index + 1} [${`*a${index},`.repeat(10)}]\n`);
    assert.match(await refusal(`x-0: &a0 [1]\n${laughs}`), tooManyValues);
    const merges = lines(700, (index) => `x-${index + 1}: &a${index + 1} {<<: *a${index}, k${index}: 1}\n`);
    assert.match(await refusal(`x-0: &a0 {k: 1}\n${merges}`), tooManyValues);
    for (const depth of [300, 20_000])
      assert.match(await refusal(`x-a: ${"[".repeat(depth)}${"]".repeat(depth)}\n`), /: nested too deeply$/);
    assert.match(
      await refusal(`x-a: [${"1,".repeat(100_000)}]\n`),
      /more than the 100000 values that a file may have$/,
    );
  });

  it("counts what `extends` and ranges of ports repeat in the whole project", async () => {
    const environment = lines(5000, (index) => `      E${index}: v\n`);
    const heirs = lines(100, (index) => `  s${index}: { extends: base }\n`);
    const inherited = await refusal(
      `services:\n  base:\n    image: a\n    environment:\n${environment}${heirs}`,
    );
    assert.match(inherited, /^\S+:50\d\d:\d+: services\.s\d+\.extends: /);
    assert.match(inherited, tooManyValues);
    const published = await refusal(services(4, (index) => `ports: ["127.0.0.${index}:1-65535:1-65535"]`));
    assert.match(published, /^\S+:5:\d+: services\.s3\.ports\[0\]: /);
    assert.match(published, tooManyValues);
  });

  it("refuses long files, many documents, and variables that become long values", async () => {
    assert.match(await refusal("#".repeat(10_000_001)), /^\S+: has more than 10000000 characters$/);
    assert.match(await refusal("---\n".repeat(101)), /^\S+:101:1: more than 100 documents$/);
    const doubled = `\${A:-${"x".repeat(1000)}}`.repeat(10_001);
    const repeated = lines(1000, (index) => `        L${index}: "${doubled.slice(0, 1_007)}"\n`);
    assert.equal(await refusal(`services:\n  web:\n    image: a\n    labels:\n${repeated}`), "was accepted");
    const long = "x".repeat(9_000_000);
    const laughs = lines(30, (index) => `      L${index}: "\${LONG}"\n`);
    const refused = (
      await refusal(`services:\n  web:\n    image: a\n    labels:\n${laughs}`, { LONG: long })
    ).split("\n");
    assert.equal(refused.length, 1);
    assert.match(refused[0] ?? "", /^\S+:27:\d+: services\.web\.labels\.L22: /);
    assert.match(refused[0] ?? "", tooManyValues);
    assert.throws(() => substitute(doubled, () => undefined), /has more than 10000000 characters/);
  });
});
