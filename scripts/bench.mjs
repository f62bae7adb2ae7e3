// Runs the measurements in bench/, or those named: node scripts/bench.mjs [NAME …]
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./support/paths.mjs";
import { main, SetupError } from "./support/step.mjs";
import { prepare } from "./test-setup.mjs";

await main(async () => {
  const folder = join(root, "bench");
  const all = existsSync(folder)
    ? readdirSync(folder).flatMap((name) => name.match(/^(.+)\.bench\.ts$/)?.[1] ?? [])
    : [];
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new SetupError(`bench/ has no ${unknown.join(", ")} (it has: ${all.join(", ") || "nothing"}).`);
  const cleanUp = await prepare(["stack"]);
  try {
    const results = wanted.map((name) =>
      spawnSync(process.execPath, [join(root, "dist/bench", `${name}.bench.js`)], { stdio: "inherit" }),
    );
    return results.every(({ status }) => status === 0) ? 0 : 1;
  } finally {
    await cleanUp();
  }
});
