// Runs the tests: node scripts/test.mjs [all | unit | engine | stack | long | quick]
import { main, SetupError } from "./support/step.mjs";
import { slowestFiles } from "./support/test-results.mjs";
import {
  check,
  mutationTest,
  runFailuresAgain,
  runSection,
  useTemporaryFolder,
  verdict,
} from "./test-run.mjs";
import { prepare } from "./test-setup.mjs";

const sections = {
  unit: ["unit"],
  engine: ["engine"],
  stack: ["stack"],
  long: ["long"],
  all: ["unit", "engine", "stack"],
  // While writing code: all pure tests, and one deployment.
  quick: ["unit", "stack/cli/run.test.ts"],
};

await main(async () => {
  const wanted = process.argv[2] ?? "all";
  if (!(wanted in sections))
    throw new SetupError(`There are no tests "${wanted}" (there are: ${Object.keys(sections).join(", ")}).`);
  // Ctrl-C reaches the tests directly; this process keeps running to take down the test bed.
  process.on("SIGINT", () => undefined);
  const cleanUp = await prepare(sections[wanted]);
  const removeTemporaryFolder = useTemporaryFolder();
  let checked = { text: "", wellFormed: true };
  let tests;
  try {
    const checking = wanted === "all" && check();
    const results = [];
    for (const section of sections[wanted]) results.push(...(await runSection(section)));
    tests = await runFailuresAgain(results);
    if (checking) checked = await checking;
  } finally {
    await cleanUp();
    removeTemporaryFolder();
  }
  if (!checked.wellFormed) console.log(`\nnpm run check found problems:\n${checked.text}`);
  const mutantsKilled = wanted !== "long" || (await mutationTest());
  const { lines, good } = verdict(tests);
  console.log(["\nSlowest files:", ...slowestFiles(tests.results), "", ...lines].join("\n"));
  return checked.wellFormed && mutantsKilled && good ? 0 : 1;
});
