import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/**
 * Runs a program and returns its output. `onLine` receives every line of both streams. The error of a failed program
 * ends with the last lines of its output.
 */
export async function run(command, args, { onLine, allowFailure = false, input, ...options } = {}) {
  const child = spawn(command, args, {
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...options,
  });
  if (input !== undefined) child.stdin.end(input);
  const result = { stdout: "", stderr: "", code: null };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => (result[stream] += text));
    if (onLine) createInterface({ input: child[stream] }).on("line", onLine);
  }
  result.code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  if (result.code !== 0 && !allowFailure) {
    const said = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-8).join("\n  ");
    throw new Error(`\`${[command, ...args].join(" ")}\` failed (${result.code}):\n  ${said}`);
  }
  return result;
}

/** Returns the full path of a program on PATH, or undefined. */
export function which(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    if (folder && isExecutable(join(folder, name))) return join(folder, name);
  }
  return undefined;
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
