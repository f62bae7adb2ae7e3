/** The files of the project, and what its pages show in fenced blocks. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../scripts.js";

export interface Block {
  page: string;
  line: number;
  /** The word after the fence, such as sh. */
  language: string;
  /** Without the indentation of the fence. */
  text: string;
}

export const ignoredFolders = ["node_modules", "dist", ".git", "test/fixtures"];

/** All files except those of ignored folders, and generated messages. */
export const files = filesBelow("").filter((file) => !file.endsWith("_pb.ts"));
export const pages = files.filter((file) => file.endsWith(".md"));

export function textOf(file: string): string {
  return readFileSync(join(checkout, file), "utf8");
}

const fences = /^( *)```(\w*)\n([\s\S]*?)^ *```$/gm;

export function withoutBlocks(text: string): string {
  return text.replace(fences, "");
}

export function blocksOf(page: string): Block[] {
  const text = textOf(page);
  return [...text.matchAll(fences)].map((match) => {
    const [, indentation = "", language = "", inside = ""] = match;
    return {
      page,
      language,
      line: text.slice(0, match.index).split("\n").length,
      text: inside.replaceAll(new RegExp(`^${indentation}`, "gm"), ""),
    };
  });
}

/**
 * Returns the text of the page's only block that starts like this. A test that runs or compares a block takes it from
 * here: test/unit/docs/blocks.test.ts looks for these calls, so both arguments must be literals.
 */
export function shown(page: string, start: string): string {
  return blockStarting(page, start).text;
}

export function blockStarting(page: string, start: string): Block {
  const found = blocksOf(page).filter(({ text }) => text.startsWith(start));
  const [block] = found;
  if (found.length !== 1 || block === undefined)
    throw new Error(`${page} has ${found.length} blocks that start with ${JSON.stringify(start)}`);
  return block;
}

/** The commands of a block, one a line, without their comments. */
export function commandsIn(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/(^|\s+)#.*/, "").trim())
    .filter((line) => line !== "");
}

/** The words after `k2-compose` of each command. */
export function argumentsIn(text: string): string[][] {
  return commandsIn(text).map((line) => line.split(" ").slice(1));
}

/** The output that a comment quotes. */
export function quotedIn(text: string): string {
  const [, output] = /# "(.*)"/.exec(text) ?? [];
  if (output === undefined) throw new Error(`no comment quotes output: ${text}`);
  return output;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(checkout, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (ignoredFolders.includes(path) || entry.isSymbolicLink()) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
