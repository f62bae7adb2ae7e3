import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./support/paths.mjs";
import { countsOf, failuresByFile, parseResults, withSecondRun } from "./support/test-results.mjs";

/** At most so many files run again: where more fail, the cause is not chance. */
const mostSecondRuns = 4;

/** The file of a failure that belongs to no test: node's runner ended with an error. */
const runnerItself = "";

/**
 * Makes a folder the one for temporary files of this process and its children, so that what tests leave there goes with
 * it. The name is short, because the paths of sockets are limited. Returns a function that removes it.
 */
export function useTemporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "k2t-"));
  // As the machine's own: tests run programs as another user, too.
  chmodSync(folder, 0o1777);
  const before = tmpdir();
  process.env.TMPDIR = folder;
  return () => {
    process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
}

/**
 * Runs eslint and prettier beside the tests, with the processor time that the tests leave. Returns what they print and whether
 * they report no problems.
 */
export async function check() {
  const child = start("npm", ["run", "--silent", "check"]);
  setPriority(child.pid, constants.priority.PRIORITY_LOW);
  const { code, text } = await ended(child, () => undefined);
  return { text, wellFormed: code === 0 };
}

/** Runs another script of this folder, and returns whether it succeeds. */
export async function runScript(name) {
  console.log(`\n${name}`);
  const { code } = await ended(start(process.execPath, [join(root, "scripts", name)]));
  return code === 0;
}

/** Runs a test file, or the tests in a folder and its subfolders, with node's own runner, and returns the result of each test. */
export async function runSection(section) {
  const files = testFiles(section);
  if (files.length === 0) return [];
  console.log(`\n${section}: ${files.length} files`);
  const runs = section === "unit" ? await Promise.all(halves(files).map(inOneProcess)) : [await each(files)];
  return runs.flat();
}

/** Runs each file that failed once more, alone. A file that passes then is flaky, and does not fail the run. */
export async function runFailuresAgain(results) {
  const failures = failuresByFile(results);
  const byChance = failures.size <= mostSecondRuns && !failures.has(runnerItself);
  if (failures.size === 0 || !byChance) return { results, flaky: new Map() };
  console.log(`\nRunning again, one at a time: ${[...failures.keys()].join(", ")}`);
  const again = await each([...failures.keys()].map(compiled), 1);
  const failedAgain = failuresByFile(again);
  const flaky = new Map([...failures].filter(([file]) => !failedAgain.has(file)));
  return { results: withSecondRun(results, again), flaky };
}

/**
 * Each file runs in its own process, so that open handles and global changes do not affect the next one. One file more
 * than there are processors, because engines and terminals make the tests wait.
 */
function each(files, concurrency = Math.min(4, availableParallelism() + 1)) {
  return runTests(["--test", `--test-concurrency=${concurrency}`], files);
}

/** Pure tests share one process, because loading the package takes most of their time. */
function inOneProcess(files) {
  const program = files.map((file) => `await import(${JSON.stringify(pathToFileURL(join(root, file)))});`);
  return runTests([], ["--input-type=module", "-e", program.join("\n")]);
}

function halves(files) {
  return [0, 1].map((half) => files.filter((_, index) => index % 2 === half));
}

/** Prints the tests as they end, and returns their results as the reporter wrote them. */
async function runTests(options, files) {
  const folder = mkdtempSync(join(tmpdir(), "k2-compose-tests-"));
  const written = join(folder, "results");
  const reporters = { spec: "stdout", [join(root, "scripts/support/test-results.mjs")]: written };
  const reporting = Object.entries(reporters).flatMap(([reporter, destination]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const { code } = await ended(start(process.execPath, [...options, ...reporting, ...files]));
  const results = existsSync(written) ? parseResults(readFileSync(written, "utf8")) : [];
  rmSync(folder, { recursive: true });
  if (code === 0 || countsOf(results).failed > 0) return results;
  return [
    ...results,
    { kind: "test", file: runnerItself, title: `node ended with ${code}`, outcome: "failed" },
  ];
}

/** Lists tests by source, because dist/ may contain output of deleted files. */
function testFiles(section) {
  if (section.endsWith(".ts")) return [compiled(join("test", section))];
  const rare = section === "long" ? sources("stack").filter(hasRareTests) : [];
  return [...sources(section), ...rare].map(compiled);
}

function sources(section) {
  const folder = join("test", section);
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { recursive: true }).filter((name) =>
    name.endsWith(".test.ts"),
  );
  return names.sort().map((name) => join(folder, name));
}

function hasRareTests(file) {
  return readFileSync(join(root, file), "utf8").includes("support/rarely.js");
}

function compiled(file) {
  return join("dist", file.replace(/\.ts$/, ".js"));
}

function start(command, args) {
  return spawn(command, args, { cwd: root, env: environment(), stdio: ["ignore", "pipe", "inherit"] });
}

async function ended(child, print = (chunk) => process.stdout.write(chunk)) {
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    print(chunk);
    text += chunk;
  });
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return { code, text };
}

/** Removes variables that would make tests depend on the caller's environment: other engines, stacks and projects. */
function environment() {
  const personal = /^(DOCKER_|COMPOSE_|PULUMI_(?!HOME$)|K2_COMPOSE_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !personal.test(name)));
}
