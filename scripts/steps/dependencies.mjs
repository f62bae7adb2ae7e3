import { existsSync, lstatSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/paths.mjs";
import { run } from "../support/process.mjs";
import { SetupError } from "../support/step.mjs";

const sources = ["provider", "program", "runtime", "cli", "test", "bench"];
const builtAt = "dist/.built";

/**
 * Installs node_modules from the lock file. npm writes `.package-lock.json` there: its time is that of the last
 * installation.
 */
export async function dependencies(progress) {
  const installed = time("node_modules/.package-lock.json");
  if (installed >= time("package-lock.json")) return "up to date";
  if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm ci would empty the link's target, which another checkout uses.
    throw new SetupError(
      "node_modules is out of date and a symbolic link: remove the link, or run npm ci where it leads, and run this again.",
    );
  }
  progress("npm ci");
  await run("npm", ["ci", "--no-progress"], { cwd: root });
  return "installed (npm ci)";
}

/** Compiles the sources to dist/. Only a build without errors counts as up to date. */
export async function build(progress) {
  const newest = Math.max(time("tsconfig.json"), time("package-lock.json"), ...sources.map(newestSource));
  if (time(builtAt) > newest) return "up to date";
  progress("tsc");
  const started = new Date();
  const { code, stdout } = await run("npm", ["run", "--silent", "build"], { cwd: root, allowFailure: true });
  if (code !== 0) throw new SetupError(`npm run build failed:\n${stdout.trim()}`);
  // The start time, so that files edited during the build count as newer.
  writeFileSync(join(root, builtAt), "");
  utimesSync(join(root, builtAt), started, started);
  return "built";
}

function newestSource(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return 0;
  const files = readdirSync(path, { recursive: true }).filter((name) => name.endsWith(".ts"));
  // Includes folders, because deleting a file changes only the time of its folder.
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
