import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, it } from "node:test";
import { circlesIn, folderGraph, type Graph, importGraph, sourcesIn } from "../support/imports.js";
import { checkout, layers } from "../support/scripts.js";

const { areas, areaOf, floorOf, floors, refusal } = layers;
const product = importGraph(sourcesIn(["provider", "cli", "program", "runtime"]));
const everything = importGraph(
  sourcesIn(["provider", "cli", "program", "runtime", "scripts", "bench", "test"]).filter(
    (path) => !path.startsWith("test/fixtures/"),
  ),
);
const mostFiles = 20;

describe("imports", () => {
  it("must not form a cycle of files, types included", () => {
    assert.deepEqual(described(everything), []);
  });

  it("must not form a cycle of folders, types included", () => {
    assert.deepEqual(described(folderGraph(everything)), []);
  });

  it("must point to folders of lower layers", () => {
    const refused = [...folderGraph(product)].flatMap(([from, targets]) =>
      [...targets].flatMap((to) => refusal(from, to) ?? []),
    );
    assert.deepEqual(refused, []);
  });

  it("must be reported when they form a cycle or point upwards", () => {
    const graph: Graph = new Map([
      ["a/one.ts", new Set(["b/two.ts"])],
      ["b/two.ts", new Set(["b/three.ts"])],
      ["b/three.ts", new Set(["a/one.ts"])],
      ["c/four.ts", new Set(["a/one.ts"])],
    ]);
    assert.deepEqual(circlesIn(graph), [["a/one.ts", "b/three.ts", "b/two.ts"]]);
    assert.deepEqual(circlesIn(folderGraph(graph)), [["a", "b"]]);
    assert.match(refusal("provider/compose/tree", "provider/compose/load") ?? "", /is not below/);
    assert.match(refusal("provider/model", "provider/engine/images") ?? "", /provider\/model imports/);
    assert.equal(refusal("cli/up", "provider/engine/images"), undefined);
  });
});

describe("folders", () => {
  const folders = new Set([...product.keys()].map((file) => posix.dirname(file)));

  it(`must hold at most ${mostFiles} files, commands and fixtures aside`, () => {
    const counts = new Map<string, number>();
    for (const file of everything.keys())
      counts.set(posix.dirname(file), (counts.get(posix.dirname(file)) ?? 0) + 1);
    counts.delete("cli/commands");
    const large = [...counts].filter(([, count]) => count > mostFiles);
    assert.deepEqual(large, []);
  });

  it("must all be in the table of layers, without others", () => {
    const placed = Object.entries(areas).flatMap(([area]) =>
      (floors[area] ?? [[""]]).flat().map((name) => posix.join(area, name)),
    );
    assert.deepEqual(placed.sort(), [...folders].sort());
    for (const folder of folders) assert.ok(areaOf(folder) !== undefined && floorOf(folder) >= 0, folder);
  });
});

describe("test files", () => {
  const mostLines = 300;

  it(`must have at most ${mostLines} lines: divide a longer one by what its tests are about`, () => {
    const long = [...everything.keys()].filter(
      (file) => file.startsWith("test/") && linesOf(file) > mostLines,
    );
    assert.deepEqual(long, []);
  });

  it("must remove the temporary folders of unit tests: temporaryFolder does", () => {
    const others = [...everything.keys()].filter(
      (file) => file.startsWith("test/unit/") && /\bmkdtemp(Sync)?\(/.test(textOf(file)),
    );
    assert.deepEqual(others, []);
  });

  it("must not publish a host port of another file, because both may run at the same time", () => {
    const users = new Map<string, string[]>();
    for (const file of everything.keys())
      if (/^test\/(engine|stack|long)\//.test(file))
        for (const port of new Set([...textOf(file).matchAll(/"(\d{4,5}):\d+"/g)].map(([, port]) => port!)))
          users.set(port, [...(users.get(port) ?? []), file]);
    assert.deepEqual(
      [...users].filter(([, files]) => files.length > 1),
      [],
    );
  });
});

const textOf = (file: string) => readFileSync(join(checkout, file), "utf8");

const linesOf = (file: string) => textOf(file).split("\n").length - 1;

/** Describes each cycle with the imports that close it. */
function described(graph: Graph): string[] {
  return circlesIn(graph).map((circle) =>
    circle
      .map(
        (from) => `${from} -> ${[...(graph.get(from) ?? [])].filter((to) => circle.includes(to)).join(", ")}`,
      )
      .join("\n"),
  );
}
