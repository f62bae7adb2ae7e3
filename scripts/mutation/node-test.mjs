// Takes the place of `node:test` while mutants run: it keeps the tests, so that one process runs them many times.

import { mock } from "node:test";

/** The tests of all loaded files, in order. */
export const tests = [];

let suites = [];

/** Imports a test file, and keeps its tests. */
export async function load(file, url) {
  suites = [suite(file)];
  await import(url);
}

function suite(name) {
  return { name, before: [], after: [], beforeEach: [], afterEach: [] };
}

export function describe(name, ...rest) {
  const outer = suites;
  suites = [...outer, suite(name)];
  rest.at(-1)();
  suites = outer;
}

export function test(name, ...rest) {
  const title = [...suites.map((outer) => outer.name), name].join(" > ");
  const same = tests.filter(({ name: other }) => other === title).length;
  tests.push({ id: same === 0 ? title : `${title} (${same + 1})`, name: title, suites, body: rest.at(-1) });
}

export const it = test;
export { mock };
export default test;

export function before(hook) {
  suites.at(-1).before.push(hook);
}

export function after(hook) {
  suites.at(-1).after.push(hook);
}

export function beforeEach(hook) {
  suites.at(-1).beforeEach.push(hook);
}

export function afterEach(hook) {
  suites.at(-1).afterEach.push(hook);
}

/** Runs tests one after the other, and returns results as Stryker wants them. With `bail`, ends at the first failure. */
export async function runTests(chosen, { announce = () => undefined, bail = false }) {
  const open = new Set();
  const results = [];
  for (const one of chosen) {
    announce(one.id);
    const started = performance.now();
    const failureMessage = await failureOf(one, open);
    const { id, name } = one;
    const status = failureMessage === undefined ? 0 : 1;
    results.push({ id, name, status, failureMessage, timeSpentMs: performance.now() - started });
    if (bail && status === 1) break;
  }
  // The results decide; a hook may fail to remove what an earlier run has removed.
  await runAll([...open].reverse().flatMap((outer) => outer.after)).catch(() => undefined);
  return results;
}

async function failureOf({ name, suites: outer, body }, open) {
  const ends = [];
  try {
    for (const one of outer.filter((suite) => !open.has(suite))) {
      open.add(one);
      await runAll(one.before);
    }
    await runAll(outer.flatMap((one) => one.beforeEach));
    await body({ name, after: (hook) => ends.push(hook), diagnostic: () => undefined });
    return undefined;
  } catch (error) {
    return String(error?.message ?? error);
  } finally {
    await runAll([...ends, ...outer.flatMap((one) => one.afterEach)]);
  }
}

async function runAll(hooks) {
  for (const hook of hooks) await hook();
}
