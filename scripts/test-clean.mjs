// Removes what a killed test run left: engines with their data and networks, and the processes and folders of tests.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./support/paths.mjs";
import { main, SetupError } from "./support/step.mjs";

await main(async () => {
  const bed = join(root, "dist/test/support/bed");
  if (!existsSync(bed)) throw new SetupError("The tests are not compiled: run npm run build first.");
  const { bedMissing, stopBed } = await import(pathToFileURL(join(bed, "bed.js")).href);
  const { bedUsers } = await import(pathToFileURL(join(bed, "bed-users.js")).href);
  if (!bedMissing()) {
    const users = bedUsers();
    if (users.length > 0)
      throw new SetupError(`Tests are running: PID ${users.join(", ")}. Stop them first.`);
    await stopBed();
  }
  const folders = testFolders();
  const processes = processesIn(folders);
  for (const pid of processes) process.kill(Number(pid), "SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  console.log(`Removed the test engines, ${processes.length} processes and ${folders.length} folders.`);
});

/** Temporary folders of whole runs, and of files that ran alone; those of k2-compose itself do not match. */
function testFolders() {
  const isOfTests = (name) => /^k2t-\w{6}$|^k2-(?!compose-)[\w-]+-\w{6}$/.test(name);
  return readdirSync(tmpdir())
    .filter(isOfTests)
    .map((name) => join(tmpdir(), name));
}

/** Servers that tests start name their folder in an argument. */
function processesIn(folders) {
  if (!existsSync("/proc")) return [];
  return readdirSync("/proc").filter((name) => {
    const file = `/proc/${name}/cmdline`;
    const line = /^\d+$/.test(name) && existsSync(file) ? readFileSync(file, "utf8") : "";
    return folders.some((folder) => line.includes(`${folder}/`));
  });
}
