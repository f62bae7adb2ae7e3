// A test runner for Stryker. It loads the unit tests into one process, which runs them for mutant after mutant: loading
// takes seconds, the tests of one mutant mostly milliseconds.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { load, runTests, tests } from "./node-test.mjs";

/** Tests that import no values of the core reach it only through other code, and take long. */
const core = /^import (?!type)[^;]* from "[./]+\/provider\/(compose|model)\//m;

/** Tests of the package and of the tree of sources read files that the copy for the mutants lacks. */
const rooms = /^(compose|model|handlers|engine|cli)[/]/;

/** Random inputs kill a mutant by chance. To leave out a test can only lower the score. */
const random = /from "fast-check"|[/]random\//;

/** Its files are as large as a file may be: it takes as long as all other tests. */
const slowest = "compose/resource-limits.test.ts";

/** A test that takes more than this share of the time of all runs for no mutant. */
const longestShare = 0.05;

/** In the folder of the run: the milliseconds of each test that a process can run again. */
const measured = "test-times.json";

class Runner {
  #loads = 0;

  /** For a mutant in code that runs at import. */
  capabilities() {
    return { reloadEnvironment: true };
  }

  init() {
    register(pathToFileURL(join(import.meta.dirname, "resolve.mjs")));
  }

  async dryRun() {
    await this.#load();
    const results = await runTests(tests, { announce: (id) => (state().currentTestId = id) });
    state().currentTestId = undefined;
    const mutantCoverage = JSON.parse(JSON.stringify(state().mutantCoverage));
    // A test that fails the second time would kill every mutant.
    const again = await runTests(tests, {});
    const passed = again.filter(({ status }) => status === 0);
    writeFileSync(measured, JSON.stringify(passed.map(({ id, timeSpentMs }) => [id, timeSpentMs])));
    return { status: "complete", tests: results, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, mutantActivation, reloadEnvironment, hitLimit }) {
    const activate = (id) => Object.assign(state(), { activeMutant: id, hitCount: id && 0, hitLimit });
    activate(mutantActivation === "static" ? activeMutant.id : undefined);
    try {
      if (reloadEnvironment || this.#loads === 0) await this.#load();
    } catch (error) {
      return { status: "killed", killedBy: [], failureMessage: String(error), nrOfTests: 0 };
    }
    activate(activeMutant.id);
    const results = await runTests(testsFor(testFilter), { bail: true });
    const { hitCount } = activate(undefined);
    if (hitCount > hitLimit) return { status: "timeout", reason: "hit limit" };
    const failure = results.find(({ failureMessage }) => failureMessage !== undefined);
    if (!failure) return { status: "survived", nrOfTests: results.length };
    const { id, failureMessage } = failure;
    return { status: "killed", killedBy: [id], failureMessage, nrOfTests: results.length };
  }

  /** A suffix of the URLs makes node load the modules again. */
  async #load() {
    this.#loads += 1;
    tests.length = 0;
    for (const file of testFiles())
      await load(file, `${pathToFileURL(join(process.cwd(), file)).href}?${this.#loads}`);
  }
}

export const strykerPlugins = [{ kind: "TestRunner", name: "node-test", injectableClass: Runner }];

/** What Stryker's instrumented code and this runner share. */
function state() {
  return (globalThis.__stryker__ ??= {});
}

function testFiles() {
  const folder = "test/unit";
  return readdirSync(folder, { recursive: true })
    .filter((name) => rooms.test(name) && name.endsWith(".test.ts") && name !== slowest)
    .map((name) => join(folder, name))
    .filter((file) => isTestOfCore(readFileSync(file, "utf8")))
    .map((file) => join("dist", file.replace(/\.ts$/, ".js")))
    .sort();
}

function isTestOfCore(text) {
  return core.test(text) && !random.test(text);
}

/** Returns the tests that cover a mutant, or all for a mutant in code that runs at import. */
function testsFor(filter) {
  const times = new Map(JSON.parse(readFileSync(measured, "utf8")));
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const timeOf = ({ id }) => times.get(id) ?? Infinity;
  const covering = filter && new Set(filter);
  return tests
    .filter((one) => (!covering || covering.has(one.id)) && timeOf(one) < longestShare * all)
    .sort((one, other) => timeOf(one) - timeOf(other));
}
