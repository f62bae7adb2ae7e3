import { spawn } from "node:child_process";
import { withoutSecrets } from "../../shared/secret-variables.js";
import { abortReason } from "../connection/deadline.js";

/** Exit status 0 passes; otherwise the last line of the command's output is the reason. */
export function shellProbe(
  shell: string | string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const [command = "", ...args] = typeof shell === "string" ? ["sh", "-c", shell] : shell;
  return new Promise((resolve, reject) => {
    // A process group of its own, because killing `sh` alone would leave its children running.
    const child = spawn(command, args, {
      env: withoutSecrets(env),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-2000)));
    const kill = () => {
      if (child.pid !== undefined) killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      reject(abortReason(signal));
    };
    signal.addEventListener("abort", kill, { once: true });
    child.once("error", (error) => reject(new Error(`${command} cannot be run (${error.message})`)));
    child.once("close", (status, killed) => {
      signal.removeEventListener("abort", kill);
      if (status === 0) return resolve();
      const last = output.trim().split("\n").at(-1) ?? "";
      reject(
        new Error(`${status === null ? killed : `exit status ${status}`}${last === "" ? "" : `: ${last}`}`),
      );
    });
    if (signal.aborted) kill();
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The process has already exited.
  }
}
