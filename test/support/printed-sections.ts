/** A fixture file of sections: a title, and the lines below it. `K2_UPDATE=1` writes the lines again. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkout } from "./scripts.js";

/** Defines a test for each title, which compares what it prints with the section of that title. */
export function printedSections(
  name: string,
  prints: Record<string, (recorded: string[]) => string[] | Promise<string[]>>,
): void {
  const file = join(checkout, "test/fixtures", name);
  const sections = new Map(
    readFileSync(file, "utf8")
      .split("\n\n")
      .map((section) => section.trimEnd().split("\n"))
      .map(([title = "", ...lines]) => [title, lines.map((line) => line.slice(2))]),
  );
  const printed: string[] = [];
  for (const [title, print] of Object.entries(prints))
    test(title, async () => {
      const recorded = sections.get(title) ?? [];
      const lines = await print(recorded);
      printed.push([title, ...lines.map((line) => `  ${line}`)].join("\n"));
      if (!process.env.K2_UPDATE) assert.deepEqual(lines, recorded);
    });
  if (process.env.K2_UPDATE) after(() => writeFileSync(file, `${printed.join("\n\n")}\n`));
  else test("each section has its test", () => assert.deepEqual([...sections.keys()], Object.keys(prints)));
}

/** Returns a section for each case. `prefix`: of the titles. */
export function sectionsOf<T>(
  cases: Record<string, T>,
  print: (one: T) => string[] | Promise<string[]>,
  prefix = "",
): Record<string, () => string[] | Promise<string[]>> {
  return Object.fromEntries(
    Object.entries(cases).map(([title, one]) => [`${prefix}${title}`, () => print(one)]),
  );
}

/** Reads the values that the recorded lines begin with. */
export function reader(read: (written: string) => unknown): (recorded: string[]) => Promise<string[]> {
  return async (recorded) => {
    const lines: string[] = [];
    for (const line of recorded) {
      const written = /^("(?:[^"\\]|\\.)*")(?: ->|$)/.exec(line)?.[1] ?? assert.fail(`no value: ${line}`);
      lines.push(`${written} -> ${await result(() => read(JSON.parse(written) as string))}`);
    }
    return lines;
  };
}

async function result(read: () => unknown): Promise<string> {
  try {
    const value = await read();
    return typeof value === "string" ? value : (JSON.stringify(value) ?? "invalid");
  } catch (error) {
    const { message, ...details } = error as Error;
    const { line, column } = details as { line?: number; column?: number };
    return `refused: ${message.replaceAll("\n", "\\n")}${line === undefined ? "" : ` (${line}:${column})`}`;
  }
}
