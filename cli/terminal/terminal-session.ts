/** Connects a process in a container to this terminal: raw keys, resizes, its exit code. */
import type { Duplex } from "node:stream";
import { withId } from "../../provider/engine/connection/answer-shape.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { execExitCode } from "../../provider/engine/observe/inspect.js";
import type { HostRef } from "../../provider/model/host-ref.js";
import { K2Error } from "../../provider/shared/errors.js";
import { frames } from "../../provider/engine/connection/stream.js";
import { hangUp } from "./signals.js";
import type { World } from "./process-io.js";

interface Session {
  host: HostRef;
  connection: Duplex;
  tty: boolean;
  /** Sends keys and piped input to the process. */
  input: boolean;
  /** An interrupt detaches from the process; undefined: the caller handles interrupts. */
  signal?: AbortSignal | undefined;
  resize(size: { h: number; w: number }): Promise<unknown>;
}

/** Returns when the process has closed its end. Always restores the terminal. */
export async function join({ stdin, stdout, stderr }: World, session: Session): Promise<void> {
  const { connection, host, tty, input, signal } = session;
  const raw = tty && input && stdin.isTTY === true;
  const onResize = () =>
    void session.resize({ h: stdout.rows ?? 24, w: stdout.columns ?? 80 }).catch(() => undefined);
  const restore = enter({ stdin, stdout }, connection, { raw, input, onResize: tty ? onResize : undefined });
  const leave = () => void connection.destroy();
  signal?.addEventListener("abort", leave, { once: true });
  try {
    if (tty) for await (const data of connection) stdout.write(data as Buffer);
    else
      for await (const { source, data } of frames(connection, host))
        (source === "stderr" ? stderr : stdout).write(data);
  } catch (error) {
    throw signal?.aborted ? new K2Error("cancelled", "cancelled", { cause: error }) : error;
  } finally {
    signal?.removeEventListener("abort", leave);
    restore();
    connection.destroy();
  }
}

/** Body of an exec request. */
interface ExecOptions {
  command: string[];
  tty: boolean;
  input: boolean;
  user?: string | undefined;
  workdir?: string | undefined;
  env?: string[] | undefined;
  privileged?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Runs a command in a container; returns its exit code. */
export async function execInteractive(
  world: World,
  engine: Engine,
  container: string,
  options: ExecOptions,
): Promise<number> {
  const { command, tty, input, user = "", workdir = "", env = [], privileged = false, signal } = options;
  const size = tty ? { ConsoleSize: [world.stdout.rows ?? 24, world.stdout.columns ?? 80] } : {};
  const attach = { AttachStdin: input, AttachStdout: true, AttachStderr: true, Tty: tty };
  const body = { Cmd: command, User: user, WorkingDir: workdir, Env: env, Privileged: privileged, ...attach };
  const { Id } = await engine.post<{ Id: string }>(`/containers/${container}/exec`, {
    shape: withId,
    body: { ...body, ...size },
  });
  const connection = await engine.hijack(`/exec/${Id}/start`, { body: { Detach: false, Tty: tty, ...size } });
  const resize = (query: { h: number; w: number }) => engine.post(`/exec/${Id}/resize`, { query });
  await join(world, { connection, host: engine.host, tty, input, signal, resize });
  return execExitCode(engine, Id);
}

interface Entering {
  raw: boolean;
  input: boolean;
  onResize: (() => void) | undefined;
}

/** Returns a function that restores the terminal. */
function enter(
  { stdin, stdout }: Pick<World, "stdin" | "stdout">,
  connection: Duplex,
  { raw, input, onResize }: Entering,
) {
  // Raw input never ends by Ctrl-D, so its end means that the terminal is gone.
  if (raw) stdin.setRawMode(true).once("end", hangUp);
  if (input) stdin.pipe(connection);
  if (onResize) {
    stdout.on("resize", onResize);
    onResize();
  }
  return () => {
    if (onResize) stdout.off("resize", onResize);
    if (raw) stdin.off("end", hangUp).setRawMode(false);
    if (!input) return;
    stdin.unpipe(connection);
    stdin.pause();
    // Listening to the terminal would keep the process alive.
    if (typeof stdin.unref === "function") stdin.unref();
  };
}
