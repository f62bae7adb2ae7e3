import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./support/paths.mjs";

/** Runs eslint and prettier beside the tests, and returns what they print and whether they report no problems. */
export async function check() {
  const { code, text } = await stream("npm", ["run", "--silent", "check"], () => undefined);
  return { text, wellFormed: code === 0 };
}

/** Runs the tests in a folder and its subfolders with node's own runner and returns its counts. */
export async function runSection(section) {
  const files = testFiles(section);
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n${section}: ${files.length} files`);
  const started = performance.now();
  const runs = section === "unit" ? await Promise.all(halves(files).map(inOneProcess)) : [await each(files)];
  console.log(`${section}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return runs.map(countsOf).reduce(sum);
}

/** Each file runs in its own process, so that open handles and global changes do not affect the next one. */
function each(files) {
  const options = ["--test", "--test-reporter=spec", "--test-concurrency=2"];
  return stream(process.execPath, [...options, ...files]);
}

/** Pure tests share one process, because loading the package takes most of their time. */
async function inOneProcess(files) {
  const program = files.map((file) => `await import(${JSON.stringify(pathToFileURL(join(root, file)))});`);
  const options = ["--test-reporter=spec", "--input-type=module", "-e", program.join("\n")];
  return stream(process.execPath, options);
}

function halves(files) {
  return [0, 1].map((half) => files.filter((_, index) => index % 2 === half));
}

function countsOf({ code, text }) {
  const count = (name) => Number(text.match(new RegExp(`^\\W* ${name} (\\d+)$`, "m"))?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  return {
    passed: count("pass"),
    // A crash of the runner itself also counts as a failure.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count("skipped") + count("todo"),
  };
}

function sum(one, other) {
  return Object.fromEntries(Object.keys(one).map((name) => [name, one[name] + other[name]]));
}

/** Lists tests by source, because dist/ may contain output of deleted files. */
function testFiles(section) {
  const folder = join(root, "test", section);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .sort();
  return names.map((name) => join("dist/test", section, name.replace(/\.ts$/, ".js")));
}

async function stream(command, args, print = (chunk) => process.stdout.write(chunk)) {
  const child = spawn(command, args, { cwd: root, env: environment(), stdio: ["ignore", "pipe", "inherit"] });
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
