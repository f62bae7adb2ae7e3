import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";

/** Whether eslint and prettier have nothing to say. */
export async function check() {
  const { code } = await stream("npm", ["run", "--silent", "check"]);
  return code === 0;
}

/** Runs one folder of tests with node's own runner and returns its counts. */
export async function runSection(section) {
  const files = testFiles(section);
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  console.log(`\n${section}: ${files.length} files`);
  const started = performance.now();
  const { code, text } = await stream(process.execPath, [
    "--test",
    "--test-reporter=spec",
    // Unit tests wait for nobody but themselves; the others share engines and Pulumi.
    `--test-concurrency=${section === "unit" ? 4 : 2}`,
    ...files,
  ]);
  console.log(`${section}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const count = (name) => Number(text.match(new RegExp(`^\\W* ${name} (\\d+)$`, "m"))?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  // Should the runner itself break down, that is a failure as well.
  return {
    passed: count("pass"),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count("skipped") + count("todo"),
  };
}

/** Listed by source: dist/ may hold what was compiled from files that are gone. */
function testFiles(section) {
  const folder = join(root, "test", section);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts"))
    .sort();
  return names.map((name) => join("dist/test", section, name.replace(/\.ts$/, ".js")));
}

async function stream(command, args) {
  const child = spawn(command, args, { cwd: root, env: environment(), stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    process.stdout.write(chunk);
    text += chunk;
  });
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return { code, text };
}

/** Without what would make tests depend on how the caller works: other engines, other stacks, other projects. */
function environment() {
  const personal = /^(DOCKER_|COMPOSE_|PULUMI_(?!HOME$)|K2_COMPOSE_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !personal.test(name)));
}
