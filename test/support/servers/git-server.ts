import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gateway } from "../bed/bed-network.js";
import { must } from "../cli/command.js";
import { freePort } from "../free-port.js";

/** A git repository that all engines of the bed can fetch from. */
export interface GitServer {
  url: string;
  /** Puts the files on top of a branch, which is made where there is none. */
  commit(branch: string, files: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

/** In a folder that is empty; the bed must be started. */
export async function startGitServer(folder: string): Promise<GitServer> {
  const repository = join(folder, "app");
  const who = ["-c", "user.name=k2", "-c", "user.email=k2@test"];
  const git = (...args: string[]) => must("git", "-C", repository, ...who, ...args);
  await must("git", "init", "--quiet", "--initial-branch=main", repository);
  const port = await freePort(gateway);
  // The program itself: `git daemon` would start it as a child that outlives it.
  const program = join((await must("git", "--exec-path")).trim(), "git-daemon");
  const place = [`--listen=${gateway}`, `--port=${port}`, "--reuseaddr", `--base-path=${folder}`];
  const daemon = spawn(program, [...place, "--export-all", folder], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => void daemon.on("close", () => resolve()));
  for (const deadline = Date.now() + 60_000; !(await accepts(port)); await sleep(50))
    if (daemon.exitCode !== null || Date.now() > deadline) throw new Error("git daemon does not start");
  return {
    url: `git://${gateway}:${port}/app`,
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
    const socket = connect(port, gateway);
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
