import { PassThrough } from "node:stream";
import { run } from "../../../cli/main.js";
import type { World } from "../../../cli/terminal/process-io.js";

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the CLI in this process, with its own environment. */
export async function cli(
  args: string[],
  { cwd = "/", env = {} }: { cwd?: string; env?: World["env"] } = {},
): Promise<CliResult> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const stdin = new PassThrough() as unknown as NodeJS.ReadStream;
  const code = await run(args, { env, cwd, stdin, stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Collector extends PassThrough {
  text = "";

  override write(chunk: unknown): boolean {
    this.text += String(chunk);
    return true;
  }
}
