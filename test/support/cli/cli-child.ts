import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { checkout } from "../scripts.js";

/** A run of the CLI that goes on while a test looks at what it has printed. `cwd` is its home as well. */
export class CliChild {
  /** All of it so far; whoever waits may take away what was seen. */
  protected readonly printed = { stdout: "", stderr: "" };
  private readonly child: ChildProcess;
  /** The exit code, once it has ended. */
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

  /** What `find` finds, as soon as it does; throws with the last of what was printed after two minutes. */
  protected async waitFor<T>(find: () => T | null | undefined, what: string): Promise<T> {
    for (const end = Date.now() + 120_000; Date.now() < end;) {
      const found = find();
      if (found !== undefined && found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { stdout, stderr } = this.printed;
    throw new Error(`not seen within two minutes: ${what}\n${stderr.slice(-3000)}\n${stdout.slice(-3000)}`);
  }
}
