import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCertificates } from "./certificates.js";
import { namespacePath, subnet } from "./bed-network.js";
import { command } from "../cli/command.js";
import { cacheFolder, engineVersion, modernEngineBin } from "../scripts.js";

/** One engine of the bed, as its state file describes it. */
export interface EngineSpec {
  name: string;
  ip: string;
  tls: boolean;
  /** An engine of today instead of the distribution's. */
  modern: boolean;
}

/** Sockets have short paths (108 bytes), data needs a real disk: two folders. */
const runFolder = (name: string) => join("/run/k2-bed", name);
const dataFolder = (name: string) => cacheFolder("bed", name);
const dataRoot = (name: string) => join(dataFolder(name), "data");

export const socketPath = (name: string) => join(runFolder(name), "docker.sock");

export const logPath = (name: string) => join(dataFolder(name), "dockerd.log");
export const certificatesFolder = (name: string) => join(dataFolder(name), "certificates");

/** Starts the engine unless it runs, and waits until it answers. */
export async function startEngine(spec: EngineSpec): Promise<void> {
  const local = { address: `unix://${socketPath(spec.name)}` };
  // One that lives and is slow to answer must not get a second one beside it.
  for (const deadline = Date.now() + 60_000; enginePid(spec.name) !== undefined && Date.now() < deadline;)
    if (await engineVersion(local)) return;
  mkdirSync(runFolder(spec.name), { recursive: true });
  if (spec.tls) await createCertificates(certificatesFolder(spec.name), spec.ip);
  const log = openSync(logPath(spec.name), "a");
  // nsenter, as `ip netns exec` would hide /sys/fs/cgroup from the engine.
  const args = [`--net=${namespacePath(spec.name)}`, "dockerd", ...dockerdArguments(spec)];
  const daemon = spawn("nsenter", args, {
    // The engine serves other checkouts too, and outlives this one: git fails in a folder that is gone.
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
    env: environment(spec),
  });
  daemon.unref();
  closeSync(log);
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline && daemon.exitCode === null) {
    if (await engineVersion(local, 1000)) return;
    await sleep(100);
  }
  throw new Error(`engine ${spec.name} of the test bed does not start:\n${lastLines(logPath(spec.name))}`);
}

/** Ends the engine at once, as a crash would. Its containers lose their parent but go on running. */
export async function killEngine(name: string): Promise<void> {
  const pid = enginePid(name);
  if (pid === undefined) return;
  process.kill(pid, "SIGKILL");
  while (enginePid(name) !== undefined) await sleep(20);
  // Where nothing reaps orphans the dead processes stay visible, and the next engine would take them for living ones.
  for (const file of ["dockerd.pid", "exec/containerd/containerd.pid"])
    rmSync(join(runFolder(name), file), { force: true });
}

export function signalEngine(name: string, signal: NodeJS.Signals): void {
  const pid = enginePid(name);
  if (pid !== undefined) process.kill(pid, signal);
}

/** Ends the engine with all that it started, and removes its data. */
export async function removeEngine(name: string): Promise<void> {
  const pid = enginePid(name);
  if (pid !== undefined) process.kill(pid, "SIGTERM");
  const deadline = Date.now() + 15_000;
  while (enginePid(name) !== undefined && Date.now() < deadline) await sleep(50);
  await killEngine(name);
  for (const left of processesOf(name)) process.kill(left, "SIGKILL");
  await unmountUnder(runFolder(name));
  await unmountUnder(dataFolder(name));
  for (const folder of [runFolder(name), dataFolder(name)]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** The engine's process, if it lives. Pid files outlive a crash, so the command line is looked at too. */
export function enginePid(name: string): number | undefined {
  const pid = Number(read(join(runFolder(name), "dockerd.pid")));
  if (!pid || !read(`/proc/${pid}/cmdline`).includes(dataRoot(name))) return undefined;
  return read(`/proc/${pid}/stat`).includes(") Z ") ? undefined : pid;
}

/** The engine takes runc and docker-proxy from where it finds itself: first on PATH. */
function environment({ modern }: EngineSpec): NodeJS.ProcessEnv {
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, PATH } = process.env;
  const bin = modern ? [modernEngineBin() ?? ""] : [];
  return { HTTP_PROXY, HTTPS_PROXY, NO_PROXY, PATH: [...bin, PATH].join(delimiter) };
}

function dockerdArguments({ name, ip, tls }: EngineSpec): string[] {
  const certificate = (file: string) => join(certificatesFolder(name), file);
  const secure = [
    "--tlsverify",
    "--tlscacert",
    certificate("ca.pem"),
    "--tlscert",
    certificate("server-cert.pem"),
  ];
  return [
    ...["--data-root", dataRoot(name), "--exec-root", join(runFolder(name), "exec")],
    ...["--pidfile", join(runFolder(name), "dockerd.pid")],
    ...["-H", `unix://${socketPath(name)}`, "-H", `tcp://${ip}:${tls ? 2376 : 2375}`],
    // Said in so many words: the engine waits 15 s where plain TCP is left to the default.
    ...(tls ? [...secure, "--tlskey", certificate("server-key.pem")] : ["--tls=false"]),
    ...["--insecure-registry", subnet, "--shutdown-timeout", "3"],
    // Room for many small networks, so that tests may run side by side.
    ...["--default-address-pool", "base=10.200.0.0/16,size=24"],
    // Should the machine have a containerd of its own, these keep the engines apart in it.
    ...["--containerd-namespace", `k2-${name}`, "--containerd-plugins-namespace", `k2-${name}-plugins`],
  ];
}

/** What a killed engine leaves behind: its containerd, shims and their containers. */
function processesOf(name: string): number[] {
  const containerd = Number(read(join(runFolder(name), "exec/containerd/containerd.pid")));
  const shims = allPids().filter((pid) => read(`/proc/${pid}/cmdline`).includes(`-namespace\0k2-${name}\0`));
  const containers = allPids().filter((pid) => shims.includes(parentOf(pid)));
  return [...(containerd && existsSync(`/proc/${containerd}`) ? [containerd] : []), ...shims, ...containers];
}

function allPids(): number[] {
  return readdirSync("/proc").map(Number).filter(Boolean);
}

function parentOf(pid: number): number {
  // The second field is the program's name in brackets, which may hold spaces.
  return Number(read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[1]);
}

async function unmountUnder(folder: string): Promise<void> {
  const points = read("/proc/self/mountinfo")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  const inside = points.filter((point) => point.startsWith(`${folder}/`));
  if (inside.length > 0) await command("umount", ["-l", ...inside.reverse()]);
}

function lastLines(path: string): string {
  return read(path).trim().split("\n").slice(-10).join("\n");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** One engine of the bed, and what a test may do to it. */
export interface BedHost {
  name: string;
  /** As it is written in a compose file: tcp://10.99.0.11:2375 */
  address: string;
  ip: string;
  /** The same engine by its socket, which works too while the host is cut off. */
  socket: string;
  /** Folder of ca.pem, cert.pem and key.pem where the engine wants TLS. */
  certificates: string | undefined;
  logFile: string;
  /** The engine dies at once, its containers go on. */
  kill(): Promise<void>;
  /** Kills the engine if it runs, and starts it. */
  restart(): Promise<void>;
  /** The engine accepts connections but answers nothing, until thaw(). */
  freeze(): void;
  thaw(): void;
  /** The network cable is pulled, until heal(). */
  cut(): Promise<void>;
  heal(): Promise<void>;
}
