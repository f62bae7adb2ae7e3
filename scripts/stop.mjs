// Takes the example down. Its volume, and so its count, stays.
import { example, pulumi, stack, summary } from "./example.mjs";
import { main, SetupError, step } from "./step.mjs";
import { pulumiBin } from "./steps/pulumi.mjs";
import { surroundings } from "./surroundings.mjs";

await main(async () => {
  if (!pulumiBin())
    throw new SetupError("There is no Pulumi CLI, so nothing was started here (npm start does that).");
  await step("example", async (progress) => {
    const env = await surroundings(example);
    const { stdout: stacks } = await pulumi(["stack", "ls", "--json"], env, progress);
    if (!JSON.parse(stacks).some(({ name }) => name === stack)) return "was not running";
    const { stdout } = await pulumi(["destroy", "--yes", "--skip-preview", "--stack", stack], env, progress);
    return `pulumi destroy: ${summary(stdout) || "nothing was running"}`;
  });
  console.log("The volume counter_data is kept: the counter goes on from there at the next npm start.");
});
