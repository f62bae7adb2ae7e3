/** A process that has program and handlers loaded by the time that Pulumi asks for them. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { backendUrl } from "../pulumi/environment.js";
import { noticeOf, type Told } from "./run-handover.js";
import type { Workspace } from "../application/workspace.js";

export interface Runtime {
  /** For Pulumi: where it finds this. */
  args: string[];
  variables: Record<string, string>;
  /** It ends when nobody holds these any more. */
  lives: Writable[];
  /** It has ended before it could do anything: what Pulumi says of that is to be forgotten. */
  isBroken(): boolean;
  /** Ends it at once. */
  end(): void;
}

interface RuntimeOptions {
  workspace: Workspace;
  env: NodeJS.ProcessEnv;
  /** For the program. Absent: the run has none, as `pulumi destroy`. */
  told?: Told;
  /** Resources, as far as is known. */
  size: number;
  /** What program and handlers print. */
  onLine: (line: string) => void;
}

/** Set to "pulumi": Pulumi starts program and handlers itself, as it does for others. */
const setting = "K2_COMPOSE_RUNTIME";

/** Milliseconds; it takes a tenth of a second. */
const patience = 10_000;

/** Resources from which on two processes, with a processor each, save more than the second one costs. */
const large = 150;

/** Undefined where it does not fit or does not start: then Pulumi starts program and handlers itself. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime | undefined> {
  const { workspace, env, told, size } = options;
  const withProgram = told !== undefined;
  const path = isWanted(env) && workspace.program ? runtimeIn(workspace.folder) : undefined;
  if (path === undefined) return undefined;
  const together = withProgram ? [["program", "handlers"]] : [["handlers"]];
  const parts = withProgram && size >= large ? [["program"], ["handlers"]] : together;
  const all = await Promise.all(parts.map((names) => startPart(options, [path, ...names])));
  const end = () => all.forEach((part) => part.end());
  const [first, last] = [all[0]!.port, all.at(-1)!.port];
  if (all.some(({ port }) => port === undefined)) return void end();
  return {
    args: [`--client=127.0.0.1:${first}`],
    variables: { PULUMI_DEBUG_PROVIDERS: `pulumi-nodejs:${last}` },
    lives: all.map(({ life }) => life),
    isBroken: () => all.some((part) => part.isBroken()),
    end,
  };
}

interface Part extends Pick<Runtime, "isBroken" | "end"> {
  port: string | undefined;
  life: Writable;
}

async function startPart(options: RuntimeOptions, args: string[]): Promise<Part> {
  const { onLine } = options;
  const child = args.includes("program") ? startWithProgram(options, args) : startNode(options, args);
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on("line", onLine);
  const port = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), patience);
    child.on("error", () => resolve(undefined)).on("exit", () => resolve(undefined));
    createInterface({ input: child.stdout }).on("line", (line) => {
      // The port, then that all is loaded; after these whatever is printed.
      if (lines.length === 2) return onLine(line);
      lines.push(line);
      clearTimeout(timer);
      resolve(lines[0]);
    });
  });
  return {
    ...{ port, life: child.stdin },
    isBroken: () => lines.length < 2 && child.exitCode !== null,
    end: () => {
      child.kill("SIGINT");
      // What it has started in turn may hold them for longer.
      for (const stream of child.stdio) stream?.destroy();
    },
  };
}

/** The descriptor at which the program finds its handover: the first after the standard ones. */
const handoverDescriptor = 3;

function startWithProgram(options: RuntimeOptions, args: string[]): ChildProcessWithoutNullStreams {
  const told = options.told!;
  const env = { ...options.env, ...noticeOf(told, { descriptor: handoverDescriptor }) };
  const child = startNode({ ...options, env }, args, ["pipe"]);
  const pipe = child.stdio[handoverDescriptor] as Writable;
  // A process that has ended reads no more: how it ended is noticed elsewhere.
  pipe.on("error", () => undefined).end(JSON.stringify(told));
  return child;
}

function startNode(
  { workspace: { folder, base, project }, env }: RuntimeOptions,
  args: string[],
  more: "pipe"[] = [],
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, args, {
    cwd: base,
    env: { ...env, PULUMI_NODEJS_PROJECT: project, PULUMI_NODEJS_ROOT_DIRECTORY: folder },
    // Out of reach of a terminal's Ctrl-C, as Pulumi is.
    detached: true,
    stdio: ["pipe", "pipe", "pipe", ...more],
  }) as ChildProcessWithoutNullStreams;
}

/** Pulumi Cloud's environments give variables to what Pulumi starts, and to nobody else. */
function isWanted(env: NodeJS.ProcessEnv): boolean {
  const isTaken = env[setting] === "pulumi" || env.PULUMI_DEBUG_PROVIDERS !== undefined;
  return !isTaken && process.platform !== "win32" && !/^https?:/.test(backendUrl(env));
}

/** Of the package that the project has; undefined for one that knows nothing of this. */
function runtimeIn(folder: string): string | undefined {
  try {
    return createRequire(join(folder, "package.json")).resolve("k2-compose/runtime");
  } catch {
    return undefined;
  }
}
