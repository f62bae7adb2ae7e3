/** Runs commands inside a container until they exit. */
import type { Engine } from "../connection/connect.js";
import { execExitCode } from "../observe/inspect.js";
import { readOutput } from "../connection/stream.js";

interface Command {
  command: string[] | null;
  user?: string;
  privileged?: boolean;
  working_dir?: string;
  environment?: Record<string, string | null>;
}

interface Finished {
  exitCode: number;
  /** The command's output, both streams in order. */
  output: string;
}

export async function exec(
  engine: Engine,
  container: string,
  what: Command,
  signal?: AbortSignal,
): Promise<Finished> {
  const environment = Object.entries(what.environment ?? {}).map(([name, value]) =>
    value === null ? name : `${name}=${value}`,
  );
  const body = {
    Cmd: what.command,
    User: what.user ?? "",
    Privileged: what.privileged ?? false,
    WorkingDir: what.working_dir ?? "",
    Env: environment.sort(),
    AttachStdout: true,
    AttachStderr: true,
  };
  const { Id } = await engine.post<{ Id: string }>(`/containers/${container}/exec`, { body, signal });
  const connection = await engine.hijack(`/exec/${Id}/start`, {
    body: { Detach: false, Tty: false },
    signal,
  });
  const output = await readOutput(connection, false, engine.host, signal);
  return { exitCode: await execExitCode(engine, Id, signal), output };
}
