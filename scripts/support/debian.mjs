import { existsSync, readdirSync, statSync } from "node:fs";
import { run, which } from "./process.mjs";

export function isDebian() {
  return which("apt-get") !== undefined && which("dpkg") !== undefined && existsSync("/etc/debian_version");
}

export function isDebianRoot() {
  return isDebian() && process.getuid?.() === 0;
}

export async function aptInstall(packages, progress) {
  await aptUpdate(progress);
  progress(`apt-get install ${packages.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env, onLine: progress });
}

/** Updates the package lists, unless they were updated within the last hour. */
export async function aptUpdate(progress) {
  const lists = "/var/lib/apt/lists";
  const hasLists = existsSync(lists) && readdirSync(lists).some((name) => name.includes("_Packages"));
  const stamp = statSync(`${lists}/partial`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (hasLists && Date.now() - stamp < 3_600_000) return;
  progress("apt-get update");
  await run("apt-get", ["update"], { onLine: progress });
}
