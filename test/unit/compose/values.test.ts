/** test/fixtures/values.txt shows what written values mean, one line for each. `K2_UPDATE=1` writes the results again. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { parseByteSize } from "../../../provider/compose/values/byte-size.js";
import { didYouMean } from "../../../provider/compose/values/did-you-mean.js";
import { formatDuration, parseDuration } from "../../../provider/compose/values/duration.js";
import { readAddress } from "../../../provider/compose/values/engine-address.js";
import { globMatcher, globProblem, isGlob } from "../../../provider/compose/values/glob.js";
import { compareBytes, float32 } from "../../../provider/compose/values/go-format.js";
import { parseMount } from "../../../provider/compose/values/mount-syntax.js";
import { parsePort } from "../../../provider/compose/values/port-syntax.js";
import { shellWords } from "../../../provider/compose/values/shell-words.js";
import { checkout } from "../../support/scripts.js";

const readers: Record<string, (written: string) => unknown> = {
  "byte sizes": parseByteSize,
  durations: (written) => {
    const duration = parseDuration(written);
    return typeof duration === "string" ? duration : `${duration} ns, ${formatDuration(duration)}`;
  },
  "addresses of engines": readAddress,
  ports: parsePort,
  mounts: parseMount,
  "command lines": shellWords,
  "typing errors of image, env_file, environment, alias, aliases, x": (written) =>
    didYouMean(written, ["image", "env_file", "environment", "alias", "aliases", "x"]),
  "patterns for web, api, web-1, w": (written) =>
    isGlob(written)
      ? (globProblem(written) ?? ["web", "api", "web-1", "w"].filter(globMatcher(written)))
      : "no pattern",
  "32-bit floats": (written) => String(float32(Number(written))),
  "words in Go's order": (written) => written.split(" ").sort(compareBytes),
};

const file = path.join(checkout, "test/fixtures/values.txt");
const recorded = readFileSync(file, "utf8");
const sections = recorded.split("\n\n").map((section) => section.trimEnd().split("\n"));
it("each kind of value has a section", () => {
  assert.deepEqual(
    sections.map(([title]) => title),
    Object.keys(readers),
  );
});

for (const section of sections) it(section[0] ?? "", () => assert.deepEqual(readAgain(section), section));

if (process.env.K2_UPDATE)
  writeFileSync(file, `${sections.map((section) => readAgain(section).join("\n")).join("\n\n")}\n`);

function readAgain([title = "", ...lines]: string[]): string[] {
  const read = readers[title] ?? assert.fail(`no such kind of value: ${title}`);
  return [
    title,
    ...lines.map((line) => {
      const written = /^ {2}("(?:[^"\\]|\\.)*") ->/.exec(line)?.[1] ?? assert.fail(`no value: ${line}`);
      return `  ${written} -> ${result(() => read(JSON.parse(written) as string))}`;
    }),
  ];
}

function result(read: () => unknown): string {
  try {
    const value = read();
    return typeof value === "string" ? value : (JSON.stringify(value) ?? "invalid");
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}
