// Removes the example. Its volume is kept, and with it the counter's value.
import { example, pulumi, stack, summary } from "./example.mjs";
import { main, SetupError, step } from "./support/step.mjs";
import { pulumiBin } from "./steps/pulumi.mjs";
import { surroundings } from "./surroundings.mjs";

await main(async () => {
  if (!pulumiBin())
    throw new SetupError("There is no Pulumi CLI, so nothing was started here (npm start does that).");
  const stopped = await step("example", async (progress) => {
    const env = await surroundings(example);
    const { stdout: stacks } = await pulumi(["stack", "ls", "--json"], env, progress);
    if (!JSON.parse(stacks).some(({ name }) => name === stack))
      return { detail: "was not running", value: false };
    const { stdout } = await pulumi(["destroy", "--yes", "--skip-preview", "--stack", stack], env, progress);
    const done = summary(stdout);
    return { detail: done ? `pulumi destroy: ${done}` : "was not running", value: done !== "" };
  });
  if (stopped)
    console.log("The volume counter_data is kept: the counter goes on from there at the next npm start.");
});
