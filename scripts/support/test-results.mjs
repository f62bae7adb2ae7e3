// A reporter of node's test runner that writes one JSON line for each test and each file, and what these lines mean.
import { relative } from "node:path";
import { root } from "./paths.mjs";

export default async function* report(events) {
  for await (const { type, data } of events) {
    const result = resultOf(type, data);
    if (result) yield `${JSON.stringify(result)}\n`;
  }
}

function resultOf(type, data) {
  const { name, file, details } = data ?? {};
  const seconds = (details?.duration_ms ?? 0) / 1000;
  if (type === "test:complete" && name === file) return { kind: "file", file: sourceOf(file), seconds };
  if (type !== "test:pass" && type !== "test:fail") return undefined;
  if (details.type === "suite") return undefined;
  const title = name === file ? "the file itself" : name;
  return { kind: "test", file: sourceOf(file), title, outcome: outcomeOf(type, data) };
}

function outcomeOf(type, { skip, todo, details }) {
  if (skip !== undefined || todo !== undefined) return "skipped";
  if (type === "test:pass") return "passed";
  return details.error?.failureType === "subtestsFailed" ? "subtests failed" : "failed";
}

/** The TypeScript file of a compiled test file. */
function sourceOf(file) {
  return relative(root, file ?? root)
    .replace(/^dist\//, "")
    .replace(/\.js$/, ".ts");
}

export function parseResults(text) {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Lists the files in which a test failed, with the titles of these tests. */
export function failuresByFile(results) {
  const files = new Map();
  for (const { file, title } of results.filter(({ outcome }) => outcome === "failed"))
    files.set(file, [...(files.get(file) ?? []), title]);
  return files;
}

/** Replaces the results of every file that ran again. */
export function withSecondRun(results, again) {
  const files = new Set(again.map(({ file }) => file));
  return [...results.filter(({ file }) => !files.has(file)), ...again];
}

export function countsOf(results) {
  const count = (...outcomes) => results.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return { passed: count("passed"), failed: count("failed", "subtests failed"), skipped: count("skipped") };
}

/** Lists the files that took longest, one on a line. */
export function slowestFiles(results, count = 10) {
  return results
    .filter(({ kind }) => kind === "file")
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, count)
    .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`);
}
