// Sets up what this machine lacks and runs the example. A second run finds everything in place.
import { example, pulumi as runPulumi, stack, summary, url, writeEnvironment } from "./example.mjs";
import { run } from "./support/process.mjs";
import { main, step } from "./support/step.mjs";
import { build, dependencies } from "./steps/dependencies.mjs";
import { engine as findEngine } from "./steps/engine.mjs";
import { images } from "./steps/images.mjs";
import { pulumi } from "./steps/pulumi.mjs";
import { cli, surroundings } from "./surroundings.mjs";

await main(async () => {
  await step("dependencies", dependencies);
  await step("build", build);
  await step("pulumi CLI", pulumi);
  const engine = await step("engine", findEngine);
  writeEnvironment(await step("images", (progress) => images(engine, progress)));
  const env = await surroundings(example);
  await step("example", async (progress) => {
    await runPulumi(["stack", "select", stack, "--create"], env, progress);
    const { stdout } = await runPulumi(["up", "--yes", "--skip-preview", "--stack", stack], env, progress);
    return `pulumi up: ${summary(stdout)}`;
  });
  const { stdout } = await run(process.execPath, [cli, "ps"], { cwd: example, env });
  console.log(`\n${stdout.trimEnd()}\n\nThe counter is at ${url(engine)} (npm run stop takes it down)`);
});
