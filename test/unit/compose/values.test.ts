/** The meaning of written values: test/fixtures/values.txt, one line for each value. */
import assert from "node:assert/strict";
import { parseByteSize } from "../../../provider/compose/values/byte-size.js";
import { didYouMean } from "../../../provider/compose/values/did-you-mean.js";
import { formatDuration, parseDuration } from "../../../provider/compose/values/duration.js";
import { readAddress } from "../../../provider/compose/values/engine-address.js";
import { globMatcher, globProblem, isGlob } from "../../../provider/compose/values/glob.js";
import { compareBytes, float32 } from "../../../provider/compose/values/go-format.js";
import { parseMount } from "../../../provider/compose/values/mount-syntax.js";
import { parsePort } from "../../../provider/compose/values/port-syntax.js";
import { shellWords } from "../../../provider/compose/values/shell-words.js";
import { printedSections } from "../../support/printed-sections.js";

printedSections("values.txt", {
  "byte sizes": reader(parseByteSize),
  durations: reader((written) => {
    const duration = parseDuration(written);
    return typeof duration === "string" ? duration : `${duration} ns, ${formatDuration(duration)}`;
  }),
  "addresses of engines": reader(readAddress),
  ports: reader(parsePort),
  mounts: reader(parseMount),
  "command lines": reader(shellWords),
  "typing errors of image, env_file, environment, alias, aliases, x": reader((written) =>
    didYouMean(written, ["image", "env_file", "environment", "alias", "aliases", "x"]),
  ),
  "patterns for web, api, web-1, w": reader((written) =>
    isGlob(written)
      ? (globProblem(written) ?? ["web", "api", "web-1", "w"].filter(globMatcher(written)))
      : "no pattern",
  ),
  "32-bit floats": reader((written) => String(float32(Number(written)))),
  "words in Go's order": reader((written) => written.split(" ").sort(compareBytes)),
});

/** Reads the values that the recorded lines begin with. */
function reader(read: (written: string) => unknown): (recorded: string[]) => string[] {
  return (recorded) =>
    recorded.map((line) => {
      const written = /^("(?:[^"\\]|\\.)*") ->/.exec(line)?.[1] ?? assert.fail(`no value: ${line}`);
      return `${written} -> ${result(() => read(JSON.parse(written) as string))}`;
    });
}

function result(read: () => unknown): string {
  try {
    const value = read();
    return typeof value === "string" ? value : (JSON.stringify(value) ?? "invalid");
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}
