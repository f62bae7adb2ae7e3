import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./support/paths.mjs";
import { run } from "./support/process.mjs";
import { SetupError } from "./support/step.mjs";

/** The example that `npm start` runs. */
export const example = join(root, "examples/counter");
const others = [join(root, "examples/counter-two-hosts")];
export const stack = "dev";

/** Sets the image variables in the examples' .env files and keeps all other lines. */
export function writeEnvironment(variables) {
  for (const folder of [example, ...others]) {
    const path = join(folder, ".env");
    const old = existsSync(path) ? readFileSync(path, "utf8") : "";
    const kept = old.split("\n").filter((line) => line.trim() && !(line.split("=")[0] in variables));
    const text = [...kept, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), ""].join(
      "\n",
    );
    if (text !== old) writeFileSync(path, text);
  }
}

/** Runs the Pulumi CLI in the example's folder. Its output is printed if it fails. */
export async function pulumi(args, env, progress) {
  const options = {
    cwd: example,
    env,
    allowFailure: true,
    onLine: (line) => line.trim() && progress(line.trim()),
  };
  const result = await run("pulumi", [...args, "--non-interactive", "--color=never"], options);
  if (result.code === 0) return result;
  const diagnostics = result.stdout.match(/^Diagnostics:\n[^]*?(?=^\S|$(?![^]))/m)?.[0];
  throw new SetupError(
    `pulumi ${args[0]} failed (exit code ${result.code}).\n${diagnostics ?? result.stderr + result.stdout}`.trimEnd(),
  );
}

/** The counts that a run prints: "9 created", "1 updated, 8 unchanged". */
export function summary(output) {
  const [, counts = ""] = output.match(/^Resources:\n((?: {4}.*\n)+)/m) ?? [];
  return counts
    .trim()
    .split(/\n\s*/)
    .map((line) => line.replace(/^[^\d]*/, ""))
    .join(", ");
}

export function url({ address }) {
  const { protocol, hostname } = new URL(address);
  const port = variable("PORT") ?? "8080";
  return `http://${protocol === "unix:" ? "localhost" : hostname}:${port}/`;
}

/** Resolves a variable as compose does: the environment takes precedence over .env. */
function variable(name) {
  const path = join(example, ".env");
  const line = existsSync(path)
    ? readFileSync(path, "utf8").match(new RegExp(`^${name}=(.*)$`, "m"))
    : undefined;
  return process.env[name] ?? line?.[1];
}
