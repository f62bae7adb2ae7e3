import { existsSync, lstatSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/paths.mjs";
import { run } from "../support/process.mjs";
import { SetupError } from "../support/step.mjs";

const sources = ["provider", "program", "cli", "test", "bench"];
const builtAt = "dist/.built";

/** node_modules as the lock file says. npm leaves `.package-lock.json` in there: its time is that of the last install. */
export async function dependencies(progress) {
  const installed = time("node_modules/.package-lock.json");
  if (installed >= time("package-lock.json")) return "up to date";
  if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm ci would empty the folder at the other end, which somebody else works with.
    throw new SetupError(
      "node_modules is out of date and a symbolic link: remove the link, or run npm ci where it leads, and run this again.",
    );
  }
  progress("npm ci");
  await run("npm", ["ci", "--no-progress"], { cwd: root });
  return "installed (npm ci)";
}

/** dist/ as the sources say. Only a build without errors counts as one. */
export async function build(progress) {
  const newest = Math.max(time("tsconfig.json"), time("package-lock.json"), ...sources.map(newestSource));
  if (time(builtAt) > newest) return "up to date";
  progress("tsc");
  const started = new Date();
  const { code, stdout } = await run("npm", ["run", "--silent", "build"], { cwd: root, allowFailure: true });
  if (code !== 0) throw new SetupError(`npm run build failed:\n${stdout.trim()}`);
  // The time of the beginning: what is edited meanwhile is newer.
  writeFileSync(join(root, builtAt), "");
  utimesSync(join(root, builtAt), started, started);
  return "built";
}

function newestSource(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return 0;
  const files = readdirSync(path, { recursive: true }).filter((name) => name.endsWith(".ts"));
  // Folders too: deleting a file changes only the time of its folder.
  const folders = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const times = [...files.map((name) => join(folder, name)), folder].map(time);
  return Math.max(
    ...times,
    ...folders.map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs),
  );
}

function time(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
