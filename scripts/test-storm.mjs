// Runs all tests several times in a row while other processes use the processors, and prints a summary:
// node scripts/test-storm.mjs [--runs N] [--processes N]
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { main } from "./support/step.mjs";
import { prepare } from "./test-setup.mjs";
import { allSections, runSuite } from "./test-suite.mjs";

await main(async () => {
  const { runs, processes } = parseArgs({
    options: { runs: { type: "string", default: "5" }, processes: { type: "string", default: "8" } },
  }).values;
  process.on("SIGINT", () => undefined);
  const cleanUp = await prepare(allSections);
  const busy = Array.from({ length: Number(processes) }, startBusyProcess);
  const outcomes = [];
  try {
    while (outcomes.length < Number(runs)) {
      const started = performance.now();
      const { lines, good } = await runSuite(allSections);
      const minutes = ((performance.now() - started) / 60_000).toFixed(1);
      outcomes.push({ good, lines: [`Run ${outcomes.length + 1}, ${minutes} min`, ...lines] });
      console.log(outcomes.at(-1).lines.join("\n"));
    }
  } finally {
    for (const child of busy) child.kill("SIGKILL");
    await cleanUp();
  }
  console.log(
    ["", `Beside ${processes} busy processes:`, ...outcomes.flatMap(({ lines }) => lines)].join("\n"),
  );
  return outcomes.every(({ good }) => good) ? 0 : 1;
});

/** Ends by itself when this process has been killed. */
function startBusyProcess() {
  const program = "const { ppid } = process; while (process.ppid === ppid) for (let i = 0; i < 1e8; i++);";
  return spawn(process.execPath, ["-e", program], { stdio: "ignore" });
}
