/** One run of Pulumi in a workspace, as a stream of what happens. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { K2Error } from "../../provider/shared/errors.js";
import type { Context } from "../application/context.js";
import { pulumiFolder } from "../pulumi/find-cli.js";
import { knowsNoClients, withoutWrapping } from "../pulumi/pulumi-words.js";
import { surroundings } from "../pulumi/environment.js";
import { eventOf, type RunEvent } from "./pulumi-events.js";
import { type Runtime, startRuntime } from "./preloaded-runtime.js";
import { noticeOf, type Told, withHandoverFile } from "./run-handover.js";
import { stackArgument, type Workspace } from "../application/workspace.js";

interface PulumiRun {
  args: string[];
  workspace: Workspace;
  told: Told;
  /** Resources, where that is known. */
  size?: number | undefined;
  onEvent: (event: RunEvent) => void;
}

export interface RunResult {
  code: number;
  cancelled: boolean;
  /** What Pulumi says outside its events: no passphrase, a locked stack, no such stack. */
  complaint: string;
}

/**
 * State is written at the end instead of twice a resource, all of it each time. What a run that was killed has done is
 * found again by its labels.
 */
const skipCheckpoints = { PULUMI_SKIP_CHECKPOINTS: "true" };

/** Ctrl-C once asks running steps to end, twice stops. */
export async function runPulumi(context: Context, run: PulumiRun): Promise<RunResult> {
  const env = {
    ...skipCheckpoints,
    ...context.env,
    ...surroundings(context.env),
    ...noticeOf(run.told),
  };
  const withProgram = run.args[0] === "up" || run.args.includes("--run-program");
  const runtime = await startRuntime({
    ...{ workspace: run.workspace, env, size: run.size ?? 0, ...(withProgram && { told: run.told }) },
    onLine: (text) => run.onEvent(saidBy(text)),
  });
  try {
    context.signal.throwIfAborted();
    if (runtime) {
      const result = await runWith(context, run, env, runtime);
      if (result.cancelled || !(runtime.isBroken() || isRefused(result))) return result;
      runtime.end();
    }
    if (!withProgram) return await runWith(context, run, env);
    return await withHandoverFile(run.told, env, (all) => runWith(context, run, all));
  } finally {
    runtime?.end();
  }
}

/** A Pulumi that does not know how to be told where program and handlers are: it has done nothing yet. */
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
    // A group of its own: a terminal's Ctrl-C must reach it through us, once, and not by both ways.
    detached: true,
    // Pulumi holds the life of what it works with, too: whatever becomes of us, one ends with the other.
    stdio: ["ignore", "pipe", "pipe", ...(runtime?.lives ?? [])],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let interrupts = 0;
  const giveBack = context.interrupts.handle((count) => {
    interrupts = count;
    const asked = "Ending: running steps are asked to stop. Ctrl-C again stops at once.";
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
    return { code, cancelled: interrupts > 0, complaint };
  } finally {
    giveBack();
  }
}

/** With its group: npm's `pulumi` is a script that starts the CLI, and does not pass on what it is told. */
function interrupt({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGINT");
  } catch {
    // It has just ended.
  }
}

/** As Pulumi passes on what its own processes print. */
function saidBy(text: string): RunEvent {
  return { type: "message", urn: "", text, severity: "info", passing: false };
}

/** The stack must be there before a run names it. */
export async function ensureStack(context: Context, workspace: Workspace): Promise<void> {
  const env = { ...context.env, ...surroundings(context.env) };
  const { folder, stack } = workspace;
  const name = stackArgument(workspace);
  const args = ["stack", "select", "--create", "--stack", name, "--non-interactive", "--color=never"];
  const child = spawn(pulumiPath(context), args, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number>((resolve, reject) =>
    child.on("error", reject).on("close", (exit) => resolve(exit ?? 1)),
  );
  if (code !== 0) throw new K2Error("engine", `pulumi stack select: ${stderr.trim()}`, { at: stack });
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
    throw new K2Error("usage", "there is no Pulumi CLI on this machine", {
      hint: "Install it (https://www.pulumi.com/docs/install), or run `npx pulumi version` once, which fetches it.",
    });
  }
  return onPath ? "pulumi" : join(folder, "pulumi");
}
