import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, it } from "node:test";
import { folderGraph, importGraph, sourcesIn } from "../../support/imports.js";
import { checkout, layers } from "../../support/scripts.js";

const page = textOf("docs/architecture.md");
const rooms = ["provider", "cli", "program", "runtime"];

describe("docs/architecture.md", () => {
  const table = page.slice(page.indexOf("| folder | contents |"));
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, folder, contents]) => ({
    folder: folder!,
    contents: contents!,
  }));

  it("lists every folder with source files, and no other", () => {
    const listed = rows.map(({ folder }) => folder);
    assert.deepEqual([...listed].sort(), sourceFolders());
    assert.equal(new Set(listed).size, listed.length);
  });

  it("lists a folder below all folders that it imports", () => {
    const position = new Map(rows.map(({ folder }, index) => [folder, index]));
    const at = (folder: string) => position.get(folder) ?? -1;
    const upwards = [...folderGraph(importGraph(sourcesIn(rooms)))].flatMap(([from, targets]) =>
      [...targets].filter((to) => at(to) > at(from)).map((to) => `${from} imports ${to}`),
    );
    assert.deepEqual(upwards, []);
  });

  it("describes each folder differently", () => {
    assert.equal(new Set(rows.map(({ contents }) => contents)).size, rows.length);
  });

  it("names no folder that does not exist", () => {
    const named = [...page.matchAll(/`((?:provider|cli|compose|model|engine|handlers)\/[\w/-]+)`/g)];
    const missing = named.map(([, path]) => path!).filter((path) => !exists(path));
    assert.deepEqual(missing, []);
  });
});

it("CONTRIBUTING.md lists the areas as eslint.layers.js does", () => {
  const text = textOf("CONTRIBUTING.md");
  const table = text.slice(text.indexOf("| folder | may import |"));
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, area, imports]) => [
    area,
    [...imports!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!).sort(),
  ]);
  const areas = Object.entries(layers.areas).map(([area, imports]) => [area, [...imports].sort()]);
  assert.deepEqual(rows, areas);
});

it("pages link to files and headings that exist", () => {
  const broken: string[] = [];
  for (const file of ["README.md", "CONTRIBUTING.md", ...pages("docs"), ...pages("bench")]) {
    for (const [, path, heading] of textOf(file).matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)) {
      const target = path === "" ? file : join(dirname(file), path!);
      if (!existsSync(join(checkout, target)) || (heading !== "" && !headings(target).includes(heading!)))
        broken.push(`${file}: ${path}${heading && `#${heading}`}`);
    }
  }
  assert.deepEqual(broken, []);
});

function textOf(file: string): string {
  return readFileSync(join(checkout, file), "utf8");
}

/** As GitHub derives anchors from headings. */
function headings(file: string): string[] {
  const lines = [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase());
  return lines.map((title) => title.replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-"));
}

/** Paths on the page are relative to the checkout or to provider/. */
function exists(path: string): boolean {
  return existsSync(join(checkout, path)) || existsSync(join(checkout, "provider", path));
}

function sourceFolders(): string[] {
  const folders = rooms.flatMap((room) => [room, ...foldersIn(room)]);
  return folders
    .filter((folder) => readdirSync(join(checkout, folder)).some((name) => name.endsWith(".ts")))
    .sort();
}

function foldersIn(folder: string): string[] {
  return readdirSync(join(checkout, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative(checkout, join(entry.parentPath, entry.name)));
}

function pages(folder: string): string[] {
  return readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}
