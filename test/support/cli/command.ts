import { spawn } from "node:child_process";

export interface CommandResult {
  stdout: string;
  stderr: string;
  code: number;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  timeoutMs?: number;
  /** Receives all output so far, whenever there is more. */
  onOutput?: (text: string) => void;
}

/** Runs a program to its end; a failure is a result, not an error. A run that hangs is killed and has code 124. */
export async function command(
  program: string,
  args: string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { input, timeoutMs = 300_000, onOutput, ...rest } = options;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], ...rest });
  // A program may end without reading its input.
  child.stdin.on("error", () => undefined).end(input ?? "");
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", () => onOutput?.(stdout + stderr));
  const code = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      stderr += `\nkilled after ${timeoutMs / 1000} s`;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("error", reject);
    child.on("close", (exit) => {
      clearTimeout(timer);
      resolve(exit ?? 124);
    });
  });
  return { stdout, stderr, code };
}

/** Runs a program that must succeed, and returns its standard output. */
export async function must(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await command(program, args);
  if (code !== 0) throw new Error(`${[program, ...args].join(" ")}: ${stderr.trim() || `exit code ${code}`}`);
  return stdout;
}
