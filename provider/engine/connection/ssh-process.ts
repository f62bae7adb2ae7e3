import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { connect, Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withoutSecrets } from "../../shared/secret-variables.js";
import { Late, seconds, sleep } from "./deadline.js";
import type { SshEndpoint } from "./endpoint.js";

/** A running `ssh -L`: connections to the local `socket` are forwarded to the engine's socket. */
export interface SshProcess {
  socket: string;
  ended: Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds: for the login and the engine's first response. */
const patience = 20_000;

/**
 * Resolves when the engine responds over the connection; fails with ssh's error message, or as soon as the signal
 * fires.
 */
export async function startSsh(
  endpoint: SshEndpoint,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<SshProcess> {
  const folder = await mkdtemp(join(tmpdir(), "k2-ssh-"));
  const socket = join(folder, "engine.sock");
  const child = spawn("sh", ["-c", guardedSsh, "ssh", folder, ...sshArguments(endpoint, socket)], {
    env: withoutSecrets(env),
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  });
  const said = collect(child);
  // The connection must not keep this process alive.
  child.unref();
  for (const stream of [child.stdin, child.stderr]) if (stream instanceof Socket) stream.unref();
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const letGo = () => void child.stdin.destroy();
  const close = async () => {
    // Keeps this process alive until ssh has exited.
    child.ref();
    letGo();
    await ended;
  };
  signal.addEventListener("abort", letGo);
  if (signal.aborted) letGo();
  try {
    await untilAnswering(socket, ended, said, patience);
  } catch (error) {
    await close();
    throw error;
  } finally {
    signal.removeEventListener("abort", letGo);
  }
  return { socket, ended, close };
}

/**
 * Ends ssh when the pipe from this process closes: Pulumi kills the processes that hold engine connections, which would
 * otherwise leave ssh running.
 */
const guardedSsh = `
folder=$1; shift
exec 3<&0
ssh "$@" </dev/null 3<&- &
ssh=$!
(cat <&3 >/dev/null; kill $ssh) 2>/dev/null &
wait $ssh
status=$?
rm -rf "$folder"
exit $status
`;

/** The user's own configuration applies, except for options that a non-interactive connection needs. */
function sshArguments({ destination, port, socket: remote }: SshEndpoint, local: string): string[] {
  const options = {
    BatchMode: "yes",
    ConnectTimeout: "10",
    // The user's master connection would keep our forwarding open after we have closed it.
    ControlPath: "none",
    // The user's own forwardings may be in use by another ssh process, which is not an error here.
    ExitOnForwardFailure: "no",
    LogLevel: "INFO",
    RemoteCommand: "none",
    RequestTTY: "no",
    ServerAliveInterval: "10",
    ServerAliveCountMax: "2",
    StreamLocalBindUnlink: "yes",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return [
    "-nNT",
    ...flags,
    ...(port === undefined ? [] : ["-p", String(port)]),
    "-L",
    `${local}:${remote}`,
    "--",
    destination,
  ];
}

async function untilAnswering(
  socket: string,
  ended: Promise<void>,
  said: () => string,
  timeout: number,
): Promise<void> {
  let over = false;
  void ended.then(() => (over = true));
  for (const end = Date.now() + timeout; ; await sleep(20)) {
    if (over) throw new Error(said() || "ssh exited without a message");
    if (Date.now() > end) throw new Late(`${said()}\nno connection within ${seconds(timeout)}`.trim());
    const answer = await ask(socket, end - Date.now());
    if (answer === "yes") return;
    // ssh writes the reason just after it has closed a connection that it had accepted.
    if (answer === "closed") {
      await Promise.race([ended, sleep(200)]);
      throw new Error(said() || "the engine's socket there closes connections at once");
    }
  }
}

/** Whether an engine responds on the socket: a forwarding accepts connections even if its target does not exist. */
function ask(path: string, timeout: number): Promise<"yes" | "closed" | "absent"> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    let taken = false;
    socket.setTimeout(timeout, () => socket.destroy());
    socket.once("connect", () => {
      taken = true;
      socket.write("GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n");
    });
    socket.once("data", () => {
      resolve("yes");
      socket.destroy();
    });
    socket.once("error", () => undefined);
    socket.once("close", () => resolve(taken ? "closed" : "absent"));
  });
}

/** The end of ssh's output; a banner before it may be long. */
function collect(child: ChildProcessByStdio<Writable, null, Readable>): () => string {
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text = (text + chunk).slice(-4000)));
  child.stdin.on("error", () => undefined);
  child.once("error", (error) => (text = `cannot run sh: ${error.message}`));
  return () => text.trim();
}
