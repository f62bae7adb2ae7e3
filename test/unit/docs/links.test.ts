/** Links between pages, and the files that pages and comments name, exist. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { files, ignoredFolders, pages, textOf, withoutBlocks } from "../../support/docs/pages.js";
import { checkout } from "../../support/scripts.js";

test("links of pages lead to files and headings", () => {
  const broken = pages.flatMap((page) =>
    linksIn(textOf(page))
      .filter((link) => !isThere(page, link))
      .map((link) => `${page}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

test("files that pages name exist", () => {
  const missing = pages
    .filter((page) => page !== "CHANGELOG.md")
    .flatMap((page) =>
      namedFiles(withoutBlocks(textOf(page)), /`([^`\s]+)`/g).map((file) => `${page}: ${file}`),
    );
  assert.deepEqual(missing, []);
});

/** A name in quotes is an example. */
test("files that comments name exist", () => {
  const missing = files
    .filter((file) => /\.(ts|mjs|js)$/.test(file))
    .flatMap((file) => {
      const comments = textOf(file).match(/\/\*\*?[\s\S]*?\*\/|(?<=^|\s)\/\/ .*$/gm) ?? [];
      return namedFiles(comments.join("\n"), /(?<!["\w./-])([\w./-]+\/[\w./-]+\.\w+)/g).map(
        (name) => `${file}: ${name}`,
      );
    });
  assert.deepEqual(missing, []);
});

/** Relative links of a page; those with a protocol lead out of the project. */
function linksIn(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^\w+:/.test(link));
}

function isThere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(checkout, target))) return false;
  if (anchor === undefined) return true;
  return !statSync(join(checkout, target)).isDirectory() && anchorsOf(textOf(target)).includes(anchor);
}

/** Anchors as GitHub derives them from headings. */
function anchorsOf(text: string): string[] {
  const headings = [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

const roots = readdirSync(checkout, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && !entry.name.startsWith(".") && !ignoredFolders.includes(entry.name)
    ? [entry.name]
    : [],
);

/** Returns the names below a folder of the project that do not exist. Names with a placeholder in capitals are left out. */
function namedFiles(text: string, names: RegExp): string[] {
  return [...text.matchAll(names)]
    .map(([, name = ""]) => name.replace(/[.,:;]$/, "").replace(/^\.\//, ""))
    .filter((name) => roots.includes(name.split("/")[0] ?? "") && name.includes("/"))
    .filter((name) => !/[A-Z]{3}|[*{}<>…]/.test(name) && !existsSync(join(checkout, name)));
}
