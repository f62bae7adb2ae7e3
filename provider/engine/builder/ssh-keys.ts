import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { K2Error, messageOf } from "../../shared/errors.js";
import { withoutSecrets } from "../../shared/secret-variables.js";
import { sleep } from "../connection/deadline.js";

/** Sockets of agents by id, valid for the duration of a build. */
interface Agents {
  sockets: Record<string, string>;
  close(): Promise<void>;
}

/**
 * `build.ssh` names sockets of agents, which are used directly, or private key files: for these an ssh-agent of OpenSSH
 * is started, which ends with the build or with this process. The builder asks the agent to sign and never sees a key.
 * Throws if a file cannot be read, is not a private key, or requires a passphrase.
 */
export async function openAgents(
  paths: Record<string, string>,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Agents> {
  const open: Agent[] = [];
  const close = async () => void (await Promise.all(open.map((agent) => agent.close())));
  try {
    const sockets: Record<string, string> = {};
    for (const [id, path] of Object.entries(paths)) {
      sockets[id] = path;
      if (await isSocket(id, path)) continue;
      const key = await readKey(id, path);
      const agent = await startAgent(id, env, signal);
      open.push(agent);
      await addKey(id, path, key, { ...env, SSH_AUTH_SOCK: agent.socket });
      sockets[id] = agent.socket;
    }
    return { sockets, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function isSocket(id: string, path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch (error) {
    throw unreadable(id, error);
  }
}

async function readKey(id: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(id, error);
  }
}

function unreadable(id: string, error: unknown): K2Error {
  return new K2Error("invalid-file", `build.ssh "${id}" cannot be read: ${messageOf(error)}`, {
    hint: "It names a private key or an agent's socket, relative to the project's folder.",
    cause: error,
  });
}

interface Agent {
  socket: string;
  close(): Promise<void>;
}

async function startAgent(id: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Agent> {
  const folder = await mkdtemp(join(tmpdir(), "k2-ssh-"));
  const socket = join(folder, "agent");
  // The agent lives as long as the program that it runs, and `cat` as long as our end of the pipe.
  const child = spawn("ssh-agent", ["-a", socket, "cat"], {
    env: withoutSecrets(env),
    stdio: ["pipe", "ignore", "ignore"],
  });
  let failed: unknown;
  child.on("error", (error) => (failed = error));
  child.on("exit", () => (failed ??= new Error("it ended at once")));
  child.stdin.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const close = async () => {
    child.stdin.end();
    if (child.pid !== undefined) await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + 5_000; Date.now() < deadline && failed === undefined;) {
    if (await accepts(socket)) return { socket, close };
    await sleep(20, signal);
  }
  child.kill();
  await close();
  throw new K2Error("invalid-file", `build.ssh "${id}": no ssh-agent could be started for its key`, {
    hint: "Install openssh's client, or name the socket of an agent that runs.",
    cause: failed,
  });
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

/**
 * Passes the key on standard input, because ssh-add rejects files with open permissions. It never prompts for a
 * passphrase.
 */
async function addKey(id: string, path: string, key: Buffer, agent: NodeJS.ProcessEnv): Promise<void> {
  const env = { ...withoutSecrets(agent), SSH_ASKPASS: "false", SSH_ASKPASS_REQUIRE: "force" };
  // A detached process has no terminal to prompt on.
  const child = spawn("ssh-add", ["-q", "-"], { env, stdio: ["pipe", "ignore", "pipe"], detached: true });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stdin.on("error", () => undefined).end(key);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  );
  if (code === 0) return;
  const reason = hasPassphrase(key) ? "it has a passphrase" : said.trim() || "ssh-add does not take it";
  throw new K2Error("invalid-file", `build.ssh "${id}": the key ${path} cannot be used: ${reason}`, {
    hint: "Add a key with a passphrase to your own agent (ssh-add), and write `ssh: [default]`.",
  });
}

/** Older formats mark encryption in their header; OpenSSH's own format names a cipher after its magic string. */
function hasPassphrase(key: Buffer): boolean {
  const text = key.toString("latin1");
  if (/ENCRYPTED/.test(text)) return true;
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)/.exec(text)?.[1];
  if (body === undefined) return false;
  const content = Buffer.from(body, "base64");
  const [length, cipher] = [4, "openssh-key-v1\0".length];
  return content.subarray(cipher + length, cipher + length + 4).toString() !== "none";
}
