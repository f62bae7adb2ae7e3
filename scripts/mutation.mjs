// Runs the mutation test of the pure core: node scripts/mutation.mjs [--mutants N] [--seed N] [--only FOLDER] [--jobs N]
// Stryker changes a random sample of places in the compiled provider/compose and provider/model, one place at a time.
// A change that fails no unit test survives, and its line is printed.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { verdict } from "./mutation/report.mjs";
import { sample } from "./mutation/sample.mjs";
import { build, dependencies } from "./steps/dependencies.mjs";
import { cacheFolder, root } from "./support/paths.mjs";
import { run } from "./support/process.mjs";
import { main, step } from "./support/step.mjs";

const version = "9.6.1";

await main(async () => {
  const { mutants, seed, only, jobs } = parseArgs({
    options: {
      mutants: { type: "string", default: "1000" },
      seed: { type: "string", default: String(Date.now() % 100_000) },
      only: { type: "string", default: "" },
      jobs: { type: "string", default: String(availableParallelism()) },
    },
  }).values;
  await step("dependencies", dependencies);
  await step("build", build);
  await step("stryker", install);
  const ranges = await sample(Number(mutants), Number(seed), only);
  const report = await step("mutants", (progress) => mutate(ranges, Number(jobs), progress));
  const { lines, good } = await verdict(report);
  console.log([...lines, `seed ${seed}`].join("\n"));
  return good ? 0 : 1;
});

/** Installed outside the checkout, because only this test needs it. */
async function install(progress) {
  if (existsSync(join(strykerCore(), "package.json"))) return version;
  const folder = strykerFolder();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", `@stryker-mutator/core@${version}`], {
    cwd: folder,
    onLine: progress,
  });
  return version;
}

function strykerFolder() {
  return cacheFolder("stryker", version);
}

function strykerCore() {
  return join(strykerFolder(), "node_modules/@stryker-mutator/core");
}

async function mutate(ranges, jobs, progress) {
  const folder = mkdtempSync(join(tmpdir(), "k2m-"));
  const configuration = join(folder, "stryker.json");
  const written = join(folder, "report.json");
  writeFileSync(configuration, JSON.stringify(settings(folder, written, ranges, jobs)));
  const { stdout, stderr } = await run(
    process.execPath,
    [join(strykerCore(), "bin/stryker.js"), "run", configuration],
    { cwd: root, onLine: (line) => progress(line.trim().slice(0, 60)), allowFailure: true },
  );
  const report = existsSync(written) && JSON.parse(readFileSync(written, "utf8"));
  rmSync(folder, { recursive: true, force: true });
  if (!report) throw new Error(`Stryker failed:\n${stdout}\n${stderr}`);
  return { detail: `in ${ranges.length} places`, value: report };
}

function settings(folder, written, ranges, jobs) {
  return {
    testRunner: "node-test",
    plugins: [join(root, "scripts/mutation/runner.mjs")],
    mutate: ranges,
    // The compiled files are mutated: there is nothing to compile, and no configuration of the compiler to rewrite.
    tsconfigFile: "none.json",
    disableTypeChecks: false,
    ignorePatterns: [".git", "dist/**/*.d.ts", "dist/test/{engine,long,stack}"],
    concurrency: jobs,
    coverageAnalysis: "perTest",
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: written },
    tempDirName: folder,
    timeoutMS: 20_000,
    allowConsoleColors: false,
  };
}
