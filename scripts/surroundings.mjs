import { delimiter, join } from "node:path";
import { root } from "./support/paths.mjs";
import { run } from "./support/process.mjs";
import { pulumiBin } from "./steps/pulumi.mjs";

/** The environment that `eval "$(npx k2-compose env)"` sets: the backend, the passphrase, and the Pulumi CLI. */
export async function surroundings(folder) {
  const env = { ...process.env, PATH: [pulumiBin(), process.env.PATH].join(delimiter) };
  const { stdout } = await run(process.execPath, [cli, "env", "--format", "json"], { cwd: folder, env });
  return { ...env, ...JSON.parse(stdout) };
}

export const cli = join(root, "bin/k2-compose.js");
