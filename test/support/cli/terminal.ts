import { type ChildProcess, spawn } from "node:child_process";

/** A program in its own terminal (util-linux's `script`), driven by its output. */
export class Terminal {
  private readonly child: ChildProcess;
  private readonly ended: Promise<number>;
  private seen = "";

  constructor(command: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.child = spawn("script", ["-qec", `stty cols 100 rows 30; exec ${command}`, "/dev/null"], options);
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.seen += text));
    this.ended = new Promise((resolve) => this.child.on("close", (code) => resolve(code ?? -1)));
  }

  /** Waits for output. The next call ignores everything up to the match. */
  async until(pattern: RegExp, milliseconds = 300_000): Promise<string> {
    const end = Date.now() + milliseconds;
    for (;;) {
      const found = pattern.exec(this.seen);
      if (found) {
        this.seen = this.seen.slice(found.index + found[0].length);
        return found[0];
      }
      if (Date.now() > end) {
        this.child.kill("SIGKILL");
        throw new Error(`${pattern} was not printed:\n${this.seen}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  type(text: string): void {
    this.child.stdin!.write(text);
  }

  /** Closes the terminal while its program runs. */
  vanish(): void {
    this.child.kill("SIGKILL");
  }

  /** Waits for the end of the program; returns its exit code. */
  async end(milliseconds = 300_000): Promise<number> {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), milliseconds);
    return this.ended.finally(() => clearTimeout(timer));
  }
}
