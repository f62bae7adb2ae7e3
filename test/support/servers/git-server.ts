import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gateway } from "../bed/bed-place.js";
import { must } from "../cli/command.js";
import { freePort } from "../free-port.js";

/** A git repository from which all engines of the bed can fetch. */
export interface GitServer {
  url: string;
  /** Commits the files to a branch, which is created if it does not exist. */
  commit(branch: string, files: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

/** Starts the server in an empty folder; the bed must run. */
export async function startGitServer(folder: string): Promise<GitServer> {
  const repository = join(folder, "app");
  const who = ["-c", "user.name=k2", "-c", "user.email=k2@test"];
  const git = (...args: string[]) => must("git", "-C", repository, ...who, ...args);
  await must("git", "init", "--quiet", "--initial-branch=main", repository);
  const port = await freePort(gateway());
  // Starts the daemon's program directly, because `git daemon` starts it as a child that outlives its parent.
  const program = join((await must("git", "--exec-path")).trim(), "git-daemon");
  const place = [`--listen=${gateway()}`, `--port=${port}`, "--reuseaddr", `--base-path=${folder}`];
  const daemon = spawn(program, [...place, "--export-all", folder], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => void daemon.on("close", () => resolve()));
  for (const deadline = Date.now() + 60_000; !(await accepts(port)); await sleep(50))
    if (daemon.exitCode !== null || Date.now() > deadline) throw new Error("git daemon does not start");
  return {
    url: `git://${gateway()}:${port}/app`,
    commit: async (branch, files) => {
      await git("checkout", "--quiet", "-B", branch);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(repository, path, ".."), { recursive: true });
        writeFileSync(join(repository, path), text);
      }
      await git("add", ".");
      await git("commit", "--quiet", "--message=next");
    },
    close: () => {
      daemon.kill();
      return ended;
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, gateway());
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
