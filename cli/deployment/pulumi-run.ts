/** Runs Pulumi in a workspace, as a stream of events. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import { pulumiFolder } from "../pulumi/find-cli.js";
import { knowsNoClients, remedyOf, withoutWrapping } from "../pulumi/pulumi-words.js";
import { pulumiEnvironment } from "../pulumi/environment.js";
import { eventOf, type RunEvent, runMessage } from "./pulumi-events.js";
import { type Runtime, startRuntime } from "./preloaded-runtime.js";
import { noticeOf, type Handover, withHandoverFile } from "./run-handover.js";
import { stackArgument, type Workspace } from "../application/workspace.js";

interface PulumiRun {
  args: string[];
  workspace: Workspace;
  handover: Handover;
  /** Number of resources, if known. */
  size?: number | undefined;
  onEvent: (event: RunEvent) => void;
}

export interface RunResult {
  code: number;
  cancelled: boolean;
  /** What Pulumi prints outside its events: missing passphrase, locked stack, unknown stack. */
  complaint: string;
  /** How program or handlers ended, "SIGKILL", if they did so before Pulumi. */
  runtimeEnd?: string;
}

/**
 * Writes the state once at the end instead of twice per resource. Resources of a killed run are found again by their
 * labels.
 */
const skipCheckpoints = { PULUMI_SKIP_CHECKPOINTS: "true" };

/** The first Ctrl-C asks running steps to end, the second stops them. */
export async function runPulumi(context: Context, run: PulumiRun): Promise<RunResult> {
  const env = {
    ...skipCheckpoints,
    ...context.env,
    ...pulumiEnvironment(context.env),
    ...noticeOf(run.handover),
  };
  const withProgram = run.args[0] === "up" || run.args.includes("--run-program");
  const runtime = await startRuntime({
    ...{ workspace: run.workspace, env, size: run.size ?? 0, ...(withProgram && { handover: run.handover }) },
    onLine: (text) => run.onEvent(outputEvent(text)),
  });
  try {
    context.signal.throwIfAborted();
    if (runtime) {
      const result = await runWith(context, run, env, runtime);
      if (result.cancelled || !(runtime.isBroken() || isRefused(result))) return result;
      runtime.end();
    }
    if (!withProgram) return await runWith(context, run, env);
    return await withHandoverFile(run.handover, env, (all) => runWith(context, run, all));
  } finally {
    runtime?.end();
  }
}

/**
 * Whether this Pulumi version rejects the option that passes the addresses of program and handlers. It has changed
 * nothing at that point.
 */
function isRefused({ complaint }: RunResult): boolean {
  return knowsNoClients(complaint);
}

async function runWith(
  context: Context,
  run: PulumiRun,
  env: NodeJS.ProcessEnv,
  runtime?: Runtime,
): Promise<RunResult> {
  const child = spawn(pulumiPath(context), [...argumentsOf(context, run), ...(runtime?.args ?? [])], {
    cwd: run.workspace.folder,
    env: { ...env, ...runtime?.variables },
    // A process group of its own, so that Ctrl-C reaches Pulumi only once, through this process.
    detached: true,
    // Pulumi also holds the streams of its helpers, so that they end with it even if this process is killed.
    stdio: ["ignore", "pipe", "pipe", ...(runtime?.lives ?? [])],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let interrupts = 0;
  const restoreHandler = context.interrupts.handle((count) => {
    interrupts = count;
    const asked = "Stopping: waiting for running steps to end. Press Ctrl-C again to stop at once.";
    context.out.note(count === 1 ? asked : "Stopping.");
    interrupt(child);
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const closed = new Promise<number>((resolve, reject) =>
    child.on("error", reject).on("close", (code) => resolve(code ?? 1)),
  );
  const onEvent = (event: RunEvent) => {
    if (!runtime?.isBroken()) run.onEvent(event);
  };
  try {
    const [code] = await Promise.all([closed, readEvents(child.stdout, onEvent)]);
    const complaint = code === 0 ? "" : withoutWrapping(stderr);
    const runtimeEnd = code === 0 || interrupts > 0 ? undefined : runtime?.ended();
    return { code, cancelled: interrupts > 0, complaint, ...(runtimeEnd !== undefined && { runtimeEnd }) };
  } finally {
    restoreHandler();
  }
}

/** Signals the whole group, because npm's `pulumi` is a script that does not pass signals on to the CLI. */
function interrupt({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGINT");
  } catch {
    // The process has just ended.
  }
}

/** Output of the program belongs to no resource. */
function outputEvent(text: string): RunEvent {
  return runMessage({ text }, "info");
}

/** Creates the stack if it does not exist, and selects it, so that the user's own `pulumi` commands apply to it. */
export async function ensureStack(context: Context, workspace: Workspace): Promise<void> {
  const env = { ...context.env, ...pulumiEnvironment(context.env) };
  const { folder, stack } = workspace;
  const name = stackArgument(workspace);
  const args = ["stack", "select", "--create", "--stack", name, "--non-interactive", "--color=never"];
  const child = spawn(pulumiPath(context), args, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number>((resolve, reject) =>
    child.on("error", reject).on("close", (exit) => resolve(exit ?? 1)),
  );
  if (code === 0) return;
  const remedy = remedyOf(stderr, context.env);
  throw new K2Error("engine", `pulumi stack select: ${stderr.trim()}`, {
    at: stack,
    ...(remedy !== undefined && { hint: remedy }),
  });
}

async function readEvents(stdout: NodeJS.ReadableStream, onEvent: PulumiRun["onEvent"]): Promise<void> {
  for await (const line of createInterface({ input: stdout })) {
    const event = eventOf(line);
    if (event) onEvent(event);
  }
}

function argumentsOf({ options: { parallel } }: Context, { args, workspace }: PulumiRun): string[] {
  const quiet = ["--non-interactive", "--color=never", "--json", "--yes", "--skip-preview"];
  const slots = parallel === undefined ? [] : ["--parallel", String(parallel)];
  return [...args, "--stack", stackArgument(workspace), ...quiet, ...slots];
}

function pulumiPath(context: Context): string {
  const { onPath, folder } = pulumiFolder(context.env);
  if (folder === undefined) {
    throw new K2Error("usage", "no Pulumi CLI found on this machine", {
      hint: "Install it (https://www.pulumi.com/docs/install), or run `npx pulumi version` once to download it.",
    });
  }
  return onPath ? "pulumi" : join(folder, "pulumi");
}
