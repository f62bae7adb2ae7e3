import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bedMissing } from "../support/bed/bed.js";
import { command, must } from "../support/cli/command.js";
import { kill, processesWith } from "../support/cli/processes.js";
import { cacheFolder, checkout } from "../support/scripts.js";

/** A second bed, in a cache of its own that shares everything that is built or downloaded. */
function secondCache(folder: string): string {
  const [shared, own] = [cacheFolder(), join(folder, "k2-compose")];
  mkdirSync(own);
  for (const name of readdirSync(shared))
    if (!["bed", "old-state"].includes(name)) symlinkSync(join(shared, name), join(own, name));
  return own;
}

describe("`npm run test:clean`", { skip: bedMissing() ?? false }, () => {
  it("must remove everything of a run whose processes were killed, engines included", async () => {
    const folder = mkdtempSync(join(tmpdir(), "k2-killed-"));
    const cache = secondCache(folder);
    const temporary = join(folder, "tmp");
    mkdirSync(temporary);
    const env = { ...process.env, XDG_CACHE_HOME: folder, TMPDIR: temporary };
    const clean = () => command(process.execPath, [join(checkout, "scripts/test-clean.mjs")], { env });
    const program = join(checkout, "dist/test/support/bed/unfinished-run.js");
    const run = spawn(process.execPath, [program], {
      env,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [first] = (await Promise.race([once(run.stdout, "data"), once(run, "exit")])) as [unknown];
      assert.match(String(first), /^running/);
      const { prefix } = JSON.parse(readFileSync(join(cache, "bed/place"), "utf8")) as { prefix: string };
      assert.match((await clean()).stderr, new RegExp(`Tests are running: PID ${run.pid}\\.`));

      process.kill(-run.pid!, "SIGKILL");
      await once(run, "exit");
      // An engine that is killed leaves its containers, their mounts and their cgroups.
      kill([Number(readFileSync(`/run/${prefix}-bed/left/dockerd.pid`, "utf8"))]);
      for (const [kind, found] of Object.entries(await traces(prefix, folder)))
        assert.notDeepEqual(found, [], `the run has left no ${kind}`);

      const { code, stdout, stderr } = await clean();
      assert.equal(code, 0, stdout + stderr);
      for (const [kind, found] of Object.entries(await traces(prefix, folder)))
        assert.deepEqual(found, [], `${kind} are left`);
    } finally {
      if (run.exitCode === null && run.signalCode === null) process.kill(-run.pid!, "SIGKILL");
      await clean();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Returns what the bed with the prefix, whose cache is in the folder, has on this machine. */
async function traces(prefix: string, folder: string): Promise<Record<string, string[]>> {
  const named = new RegExp(`(^|[ /@])${prefix}(bed|v-|-)`);
  const linesWith = (text: string, pattern: RegExp) => text.split("\n").filter((line) => pattern.test(line));
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const hierarchies = linesWith(mounts, / - cgroup2? /).map((line) => line.split(" ")[4] ?? "");
  return {
    links: linesWith(await must("ip", "-o", "link"), named),
    namespaces: linesWith(await must("ip", "netns", "list"), named),
    rules: linesWith(await must("iptables-save"), named),
    mounts: mounts.split("\n").filter((line) => line.includes(folder) || named.test(line)),
    cgroups: hierarchies.flatMap((top) =>
      readdirSync(top).flatMap((name) => (named.test(name) ? [join(top, name)] : [])),
    ),
    processes: processesOf(folder, named),
    folders: [
      ...[`/run/${prefix}-bed`].filter(existsSync),
      ...readdirSync(join(folder, "tmp")),
      ...readdirSync(join(folder, "k2-compose/bed")),
    ],
  };
}

/** Processes of the run and its engines have the cache in their environment or arguments, containers have a cgroup. */
function processesOf(folder: string, cgroup: RegExp): string[] {
  const inCgroups = readdirSync("/proc").filter((pid) => {
    const file = `/proc/${pid}/cgroup`;
    return /^\d+$/.test(pid) && existsSync(file) && cgroup.test(readFileSync(file, "utf8"));
  });
  const known = processesWith(folder).map(({ pid }) => String(pid));
  return [...new Set([...known, ...inCgroups])].filter((pid) => pid !== String(process.pid));
}
