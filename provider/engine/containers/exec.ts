/** Runs commands inside a container until they exit. */
import type { Service } from "../../compose/types.js";
import type { OnStep } from "../../model/steps.js";
import { K2Error } from "../../shared/errors.js";
import { lastLines } from "../../shared/foreign-text.js";
import { withId } from "../connection/answer-shape.js";
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
  const { Id } = await engine.post<{ Id: string }>(`/containers/${container}/exec`, {
    body,
    signal,
    shape: withId,
  });
  const connection = await engine.hijack(`/exec/${Id}/start`, {
    body: { Detach: false, Tty: false },
    signal,
  });
  const output = await readOutput(connection, false, engine.host, signal);
  return { exitCode: await execExitCode(engine, Id, signal), output };
}

/** Runs the hooks one after another. Throws K2Error "unhealthy" at the first that fails. */
export async function runHooks(
  engine: Engine,
  container: string,
  kind: "post_start" | "pre_stop",
  hooks: Service["post_start"],
  { signal, progress }: { signal?: AbortSignal; progress?: OnStep },
): Promise<void> {
  for (const hook of hooks ?? []) {
    const command = (hook.command ?? []).join(" ");
    progress?.({ op: "hook", host: engine.host.name, text: `${kind}: ${command}` });
    const { exitCode, output } = await exec(engine, container, hook, signal);
    if (exitCode !== 0)
      throw new K2Error("unhealthy", `${kind} hook "${command}" exited with ${exitCode}`, {
        at: engine.host.name,
        ...(output.trim() && { hint: lastLines(output).join("\n    ") }),
      });
  }
}
