// Runs the tests: node scripts/test.mjs [all | unit | engine | stack | long]
import { main, SetupError } from "./support/step.mjs";
import { check, runSection } from "./test-run.mjs";
import { prepare } from "./test-setup.mjs";

const sections = {
  unit: ["unit"],
  engine: ["engine"],
  stack: ["stack"],
  long: ["long"],
  all: ["unit", "engine", "stack"],
};

await main(async () => {
  const wanted = process.argv[2] ?? "all";
  if (!(wanted in sections))
    throw new SetupError(`There are no tests "${wanted}" (there are: ${Object.keys(sections).join(", ")}).`);
  // Ctrl-C reaches the tests directly; this process keeps running to take down the test bed.
  process.on("SIGINT", () => undefined);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const cleanUp = await prepare(sections[wanted]);
  let checked = { text: "", wellFormed: true };
  try {
    const checking = wanted === "all" && check();
    for (const section of sections[wanted]) {
      const result = await runSection(section);
      for (const name of Object.keys(counts)) counts[name] += result[name];
    }
    if (checking) checked = await checking;
  } finally {
    await cleanUp();
  }
  if (!checked.wellFormed) console.log(`\nnpm run check found problems:\n${checked.text}`);
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return checked.wellFormed && counts.failed === 0 ? 0 : 1;
});
