import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { aptInstall, isDebianRoot } from "../support/debian.mjs";
import { engineVersion } from "../support/engine-api.mjs";
import { cacheFolder } from "../support/paths.mjs";
import { run, which } from "../support/process.mjs";
import { SetupError } from "../support/step.mjs";

export function canInstall() {
  return isDebianRoot() || (which("dockerd") !== undefined && process.getuid?.() === 0);
}

export async function installEngine(progress) {
  if (which("dockerd")) return;
  console.log("No Docker engine is here: installing the distribution's (apt-get install docker.io).");
  await aptInstall(["docker.io", "iptables"], progress);
}

/** Starts the engine with systemd if that runs, otherwise in the background. Returns the location of its log. */
export async function startEngine(progress) {
  if (!which("dockerd")) throw new SetupError("dockerd is still not on PATH after installing docker.io.");
  progress("starting dockerd");
  const systemd = await run("systemctl", ["is-system-running"], { allowFailure: true }).catch(
    () => undefined,
  );
  if (/^(running|degraded)/.test(systemd?.stdout ?? "")) {
    await run("systemctl", ["start", "docker"]);
    return "journalctl -u docker";
  }
  const logFile = join(cacheFolder(), "dockerd.log");
  const log = openSync(logFile, "a");
  const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] });
  daemon.unref();
  const deadline = Date.now() + 60_000;
  while (daemon.exitCode === null && Date.now() < deadline) {
    if (await engineVersion({ address: "unix:///var/run/docker.sock" })) return logFile;
    await sleep(200);
  }
  throw new SetupError(`dockerd does not start: see its log, ${logFile}.`);
}
