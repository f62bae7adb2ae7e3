// Runs the tests: node scripts/test.mjs [all | unit | engine | stack | long | quick]
import { main, SetupError } from "./support/step.mjs";
import { runScript } from "./test-run.mjs";
import { prepare } from "./test-setup.mjs";
import { allSections, runSuite } from "./test-suite.mjs";

const sections = {
  unit: ["unit"],
  engine: ["engine"],
  stack: ["stack"],
  long: ["long"],
  all: allSections,
  // While writing code: all pure tests, and one deployment.
  quick: ["unit", "stack/cli/run.test.ts"],
};

/** Scripts that test the tests, after the tests of `long`. */
const longScripts = ["mutation.mjs", "test-storm.mjs"];

await main(async () => {
  const wanted = process.argv[2] ?? "all";
  if (!(wanted in sections))
    throw new SetupError(`There are no tests "${wanted}" (there are: ${Object.keys(sections).join(", ")}).`);
  // Ctrl-C reaches the tests directly; this process keeps running to take down the test bed.
  process.on("SIGINT", () => undefined);
  const cleanUp = await prepare(sections[wanted]);
  let outcome;
  try {
    outcome = await runSuite(sections[wanted], { checks: wanted === "all" });
  } finally {
    await cleanUp();
  }
  const failed = [];
  for (const script of wanted === "long" ? longScripts : [])
    if (!(await runScript(script))) failed.push(script);
  console.log(["", ...outcome.lines, ...failed.map((script) => `${script} failed`)].join("\n"));
  return outcome.good && failed.length === 0 ? 0 : 1;
});
