/** A process that has loaded program and handlers before Pulumi needs them. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { type Listening, listenOnLoopback, serverDescriptor } from "../../provider/shared/own-user.js";
import { handoverText, runVariable } from "../../provider/shared/run-handover.js";
import { onlySecrets, withoutSecrets } from "../../provider/shared/secret-variables.js";
import { backendUrl } from "../pulumi/environment.js";
import { noticeOf, type Handover } from "./run-handover.js";
import type { Workspace } from "../application/workspace.js";

export interface Runtime {
  /** Tells Pulumi where to find this process. */
  args: string[];
  variables: Record<string, string>;
  /** The process ends when these streams are closed. */
  lives: Writable[];
  /** The process ended before it could do anything, so what Pulumi reports about it can be ignored. */
  isBroken(): boolean;
  /** "SIGKILL" or "exit code 1"; undefined while the process runs. */
  ended(): string | undefined;
  /** Ends the process at once. */
  end(): void;
}

interface RuntimeOptions {
  workspace: Workspace;
  env: NodeJS.ProcessEnv;
  /** The input of the program; undefined for `pulumi destroy`, which runs no program. */
  handover?: Handover;
  /** Number of resources, if known. */
  size: number;
  /** Output of program and handlers. */
  onLine: (line: string) => void;
}

/** Set to "pulumi" to let Pulumi start program and handlers itself. */
const setting = "K2_COMPOSE_RUNTIME";

/** Number of resources from which two processes on separate CPUs save more time than the second one costs. */
const large = 150;

/** Undefined if preloading does not apply: then Pulumi starts program and handlers itself. Waits for nothing. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime | undefined> {
  const { workspace, env, handover, size } = options;
  const withProgram = handover !== undefined;
  const path = isWanted(env) && workspace.program ? runtimeIn(workspace.folder) : undefined;
  if (path === undefined) return undefined;
  const library = handover?.computed === undefined ? ["library"] : [];
  const program = withProgram ? [`program=${workspace.program}`, ...library] : [];
  const parts = withProgram && size >= large ? [program, ["handlers"]] : [[...program, "handlers"]];
  const ports = await Promise.all(parts.map(() => listenOnLoopback()));
  const all = parts.flatMap((names, at) => {
    const listening = ports[at];
    return listening ? [startPart(options, [path, ...names], listening)] : [];
  });
  const end = () => all.forEach((part) => part.end());
  const [first, last] = [all[0]?.port, all.at(-1)?.port];
  if (first === undefined || last === undefined || all.length < parts.length) return void end();
  return {
    args: [`--client=127.0.0.1:${first}`],
    variables: { PULUMI_DEBUG_PROVIDERS: `pulumi-nodejs:${last}` },
    lives: all.map(({ life }) => life),
    isBroken: () => all.some((part) => part.isBroken()),
    ended: () => all.map((part) => part.ended()).find((end) => end !== undefined),
    end,
  };
}

interface Part extends Pick<Runtime, "isBroken" | "ended" | "end"> {
  port: number;
  life: Writable;
}

function startPart(options: RuntimeOptions, args: string[], { port, descriptor, close }: Listening): Part {
  const { onLine, handover } = options;
  const child =
    handover && args.some((arg) => arg.startsWith("program="))
      ? startWithProgram(options, handover, args, descriptor)
      : startNode(options, args, [descriptor]);
  close();
  let isLoaded = false;
  let hasFailed = false;
  const end = () => {
    child.kill("SIGINT");
    // Processes that it has started may keep the streams open for longer.
    for (const stream of child.stdio) stream?.destroy();
  };
  child
    .on("error", () => (hasFailed = true))
    .on("exit", (code) => (hasFailed ||= !isLoaded && code !== null));
  createInterface({ input: child.stderr }).on("line", onLine);
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (isLoaded) return onLine(line);
    if (line === "loaded") return (isLoaded = true);
    // A runtime of another version, which listens at a port of its own.
    hasFailed = true;
    end();
  });
  return {
    ...{ port, life: child.stdin, end },
    isBroken: () => hasFailed,
    ended: () => child.signalCode ?? (child.exitCode === null ? undefined : `exit code ${child.exitCode}`),
  };
}

/** The descriptor at which the program finds its handover: the first after the standard ones and that of the server. */
const handoverDescriptor = serverDescriptor + 1;

function startWithProgram(
  options: RuntimeOptions,
  handover: Handover,
  args: string[],
  server: number,
): ChildProcessWithoutNullStreams {
  const env = { ...options.env, ...noticeOf(handover, { descriptor: handoverDescriptor }) };
  const child = startNode({ ...options, env }, args, [server, "pipe"]);
  const pipe = child.stdio[handoverDescriptor];
  if (!(pipe instanceof Writable)) throw new Error("the process has no pipe for its handover");
  // The process lacks these variables, which compose files may use.
  const environment = { ...onlySecrets(options.env), ...handover.environment };
  // A process that has ended reads no more: how it ended is noticed elsewhere.
  pipe.on("error", () => undefined).end(handoverText({ ...handover, environment }));
  return child;
}

function startNode(
  { workspace: { folder, base, project }, env }: RuntimeOptions,
  args: string[],
  more: ("pipe" | number)[],
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, args, {
    cwd: base,
    env: {
      ...withoutSecrets(env),
      [runVariable]: env[runVariable],
      PULUMI_NODEJS_PROJECT: project,
      PULUMI_NODEJS_ROOT_DIRECTORY: folder,
    },
    // Out of reach of a terminal's Ctrl-C, as Pulumi is.
    detached: true,
    stdio: ["pipe", "pipe", "pipe", ...more],
  }) as ChildProcessWithoutNullStreams;
}

/**
 * Only Linux tells the process whose user connects to it. Pulumi Cloud's environments set variables only in the processes
 * that Pulumi starts.
 */
function isWanted(env: NodeJS.ProcessEnv): boolean {
  const isTaken = env[setting] === "pulumi" || env.PULUMI_DEBUG_PROVIDERS !== undefined;
  return !isTaken && process.platform === "linux" && !/^https?:/.test(backendUrl(env));
}

/** The runtime of the package in the project; undefined if that version has none. */
function runtimeIn(folder: string): string | undefined {
  try {
    return createRequire(join(folder, "package.json")).resolve("k2-compose/runtime");
  } catch {
    return undefined;
  }
}
