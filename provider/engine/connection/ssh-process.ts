import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Late, seconds, sleep } from "./deadline.js";
import type { SshEndpoint } from "./endpoint.js";

/** A running `ssh -L`: what connects to `socket` here is connected to the engine's socket there. */
export interface SshProcess {
  socket: string;
  ended: Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds: a login, and the engine's first answer. */
const patience = 20_000;

/** Resolves when the engine behind the connection answers; fails with what ssh said, and as soon as the signal fires. */
export async function startSsh(endpoint: SshEndpoint, signal: AbortSignal): Promise<SshProcess> {
  const folder = await mkdtemp(join(tmpdir(), "k2-ssh-"));
  const socket = join(folder, "engine.sock");
  const child = spawn("sh", ["-c", guardedSsh, "ssh", folder, ...sshArguments(endpoint, socket)], {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  });
  const said = collect(child);
  // The life of this process must not hang on the connection, only the other way round.
  for (const held of [child, child.stdin as Socket, child.stderr as Socket]) held.unref();
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const letGo = () => void child.stdin!.destroy();
  const close = async () => {
    // Who waits for its end must live so long.
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
 * ssh ends when the pipe from this process does: the processes that hold engines for Pulumi are killed, and would leave
 * their connections behind.
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

/** The operator's own configuration decides all but what a connection without a person needs. */
function sshArguments({ destination, port, socket: remote }: SshEndpoint, local: string): string[] {
  const options = {
    BatchMode: "yes",
    ConnectTimeout: "10",
    // A master connection of the operator's would keep our forwarding after us.
    ControlPath: "none",
    // Forwardings of the operator's own may be in use by another ssh of theirs: no reason to fail.
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
    if (over) throw new Error(said() || "ssh ended without a word");
    if (Date.now() > end) throw new Late(`${said()}\nno connection within ${seconds(timeout)}`.trim());
    const answer = await ask(socket, end - Date.now());
    if (answer === "yes") return;
    // ssh writes why it closed what it had taken just after closing it.
    if (answer === "closed") {
      await Promise.race([ended, sleep(200)]);
      throw new Error(said() || "the engine's socket there closes connections at once");
    }
  }
}

/** Whether an engine speaks behind the socket: a forwarding takes connections even where nothing is behind it. */
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

/** The last of what ssh says; a banner before it may be long. */
function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (text = (text + chunk).slice(-4000)));
  child.stdin!.on("error", () => undefined);
  child.once("error", (error) => (text = `cannot run sh: ${error.message}`));
  return () => text.trim();
}
