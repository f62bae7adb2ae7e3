/** The files that the runtime loads before Pulumi can call it: loading is most of the processor time of a small run. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { it } from "node:test";
import { checkout } from "../../support/scripts.js";

const entries = ["main", "language-host", "program", "resource-provider"].map((name) => `runtime/${name}.js`);
const handlers = "provider/handlers/index.js";

it("the runtime must load neither the parts that plan, nor a parser, nor the SDK by import", () => {
  const { files, packages } = loadedBy([...entries, handlers]);
  const planning = /^provider\/(planning|compose\/(interpolate|validate|merge|load|output))\//;
  assert.deepEqual(
    files.filter((file) => planning.test(file)),
    [],
  );
  assert.deepEqual(packages, ["k2-compose", "p-limit", "tar-stream"]);
});

it("the runtime must load no more files than it does today", () => {
  const { files } = loadedBy([...entries, handlers]);
  assert.ok(files.length <= most, `${files.length} files`);
});

/** An import that is not needed at once can be a dynamic one. */
const most = 217;

/** The compiled files that are imported statically, and the packages. */
function loadedBy(from: string[]): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    for (const name of importsOf(file)) {
      if (name.startsWith(".")) visit(posix.join(posix.dirname(file), name));
      else if (!name.startsWith("node:")) packages.add(name.replace(/^(k2-compose)\/.*/, "$1"));
    }
  };
  from.forEach(visit);
  return { files: [...files], packages: [...packages].sort() };
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(checkout, "dist", file), "utf8");
  return [...text.matchAll(/^(?:import|export)\b(?:[^;"']*?\bfrom\b)?\s*"([^"]+)"/gm)].flatMap(
    ([, name]) => name ?? [],
  );
}
