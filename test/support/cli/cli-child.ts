import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { checkout } from "../scripts.js";

/** A running CLI whose output a test can read. `cwd` is also its home folder. */
export class CliChild {
  /** The output so far. Subclasses may remove the part that they have read. */
  protected readonly printed = { stdout: "", stderr: "" };
  private readonly child: ChildProcess;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;

  constructor(cwd: string, words: string[]) {
    const args = [join(checkout, "bin/k2-compose.js"), ...words];
    this.child = spawn(process.execPath, args, { cwd, env: { PATH: process.env.PATH, HOME: cwd } });
    for (const stream of ["stdout", "stderr"] as const)
      this.child[stream]!.setEncoding("utf8").on("data", (text: string) => (this.printed[stream] += text));
    this.ended = new Promise((resolve) => this.child.on("close", (code) => resolve(code ?? -1)));
  }

  /** Ctrl-C; returns the exit code. */
  async interrupt(): Promise<number> {
    this.child.kill("SIGINT");
    return this.ended;
  }

  async close(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Waits until `find` returns a value. Throws after five minutes, with the last part of the output. */
  protected async waitFor<T>(find: () => T | null | undefined, what: string): Promise<T> {
    for (const end = Date.now() + 300_000; Date.now() < end;) {
      const found = find();
      if (found !== undefined && found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { stdout, stderr } = this.printed;
    throw new Error(`not seen within five minutes: ${what}\n${stderr.slice(-3000)}\n${stdout.slice(-3000)}`);
  }
}
