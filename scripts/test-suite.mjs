import { startMeasurement } from "./support/processor-time.mjs";
import { countsOf, slowestFiles } from "./support/test-results.mjs";
import { check, runFailuresAgain, runSection, useTemporaryFolder } from "./test-run.mjs";

/** So many files that fail once and pass alone make the whole run fail. */
const tooManyFlakyFiles = 3;

/** Seconds that the sections may take on two processors that nothing else uses. */
const budgets = { unit: 30, engine: 180, stack: 720 };

/** The sections of `npm test`. */
export const allSections = Object.keys(budgets);

/**
 * Runs sections of tests, and eslint and prettier beside them if `checks` is set. Returns the closing lines, and whether the
 * run is good.
 */
export async function runSuite(sections, { checks = false } = {}) {
  const removeTemporaryFolder = useTemporaryFolder();
  const { K2_TEST_LONG } = process.env;
  if (sections.includes("long")) process.env.K2_TEST_LONG = "1";
  try {
    const checking = checks && check();
    const results = [];
    const times = [];
    for (const section of sections) {
      const end = startMeasurement();
      results.push(...(await runSection(section)));
      times.push({ section, ...end() });
      console.log(timeOf(times.at(-1)));
    }
    const tests = await runFailuresAgain(results);
    const checked = checking ? await checking : { text: "", wellFormed: true };
    if (!checked.wellFormed) console.log(`\nnpm run check found problems:\n${checked.text}`);
    const { lines, good } = verdict({ ...tests, times });
    console.log(["\nSlowest files:", ...slowestFiles(tests.results)].join("\n"));
    return { lines, good: good && checked.wellFormed };
  } finally {
    // The scripts that run after these tests do not run rare ones.
    if (K2_TEST_LONG === undefined) delete process.env.K2_TEST_LONG;
    removeTemporaryFolder();
  }
}

/** Returns the closing lines of a run, and whether the run is good. */
export function verdict({ results, flaky, times = [] }) {
  const { passed, failed, skipped } = countsOf(results);
  const lines = [...flaky].flatMap(([file, titles]) => titles.map((title) => `FLAKY ${file}: ${title}`));
  if (flaky.size >= tooManyFlakyFiles) lines.push(`${flaky.size} flaky files are too many: the run fails.`);
  const late = times.filter(isOverBudget);
  lines.push(...late.map(({ section }) => `${section} took longer than its budget: the run fails.`));
  lines.push(...times.map(timeOf));
  lines.push(`${passed} passed, ${failed} failed, ${skipped} skipped; flaky files: ${flaky.size}`);
  return { lines, good: failed === 0 && flaky.size < tooManyFlakyFiles && late.length === 0 };
}

/** Beside so large a share of others, processors are slower for each process, by caches and switches, and no budget holds. */
const mostOthers = 0.25;

const isHeld = (others) => others <= mostOthers;

/** A budget holds for the time that other processes left to the tests. */
function isOverBudget({ section, seconds, others }) {
  return isHeld(others) && seconds * (1 - others) > (budgets[section] ?? Infinity);
}

function timeOf({ section, seconds, others }) {
  const held = isHeld(others) ? "" : " (not held)";
  const budget = budgets[section] === undefined ? "" : `, budget ${budgets[section]} s${held}`;
  const busy =
    others < 0.05
      ? ""
      : `, or ${(seconds * (1 - others)).toFixed(1)} s without the ${Math.round(100 * others)} % of the processors that other processes used`;
  return `${section}: ${seconds.toFixed(1)} s${busy}${budget}`;
}
