import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createCertificates } from "./certificates.js";
import { bedPlace, namespaceOf, namespacePath, subnet } from "./bed-place.js";
import { processesOf, removeCgroups } from "./bed-processes.js";
import { command } from "../cli/command.js";
import { kill } from "../cli/processes.js";
import { cacheFolder, engineVersion, modernEngineBin } from "../scripts.js";

/** One engine of the bed, as its state file describes it. */
export interface EngineSpec {
  name: string;
  ip: string;
  tls: boolean;
  /** A current engine instead of the distribution's. */
  modern: boolean;
}

/** Two folders, because socket paths are limited to 108 bytes, and data needs a real disk. */
const runFolder = (name = "") => join(`/run/${bedPlace().prefix}-bed`, name);
const dataFolder = (name: string) => cacheFolder("bed", name);
const dataRoot = (name: string) => join(dataFolder(name), "data");

export const socketPath = (name: string) => join(runFolder(name), "docker.sock");

export const logPath = (name: string) => join(dataFolder(name), "dockerd.log");
export const certificatesFolder = (name: string) => join(dataFolder(name), "certificates");

/** Starts the engine unless it runs, and waits until it answers. */
export async function startEngine(spec: EngineSpec): Promise<void> {
  const local = { address: `unix://${socketPath(spec.name)}` };
  // Waits for a running engine that answers slowly, so that no second one is started.
  for (const deadline = Date.now() + 60_000; enginePid(spec.name) !== undefined && Date.now() < deadline;)
    if (await engineVersion(local)) return;
  mkdirSync(runFolder(spec.name), { recursive: true });
  if (spec.tls) await createCertificates(certificatesFolder(spec.name), spec.ip);
  const log = openSync(logPath(spec.name), "a");
  // Uses nsenter, because `ip netns exec` hides /sys/fs/cgroup from the engine.
  const args = [`--net=${namespacePath(spec.name)}`, "dockerd", ...dockerdArguments(spec)];
  const daemon = spawn("nsenter", args, {
    // The engine serves other checkouts too and may outlive this one; git fails in a folder that no longer exists.
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

/** Kills the engine, as in a crash. Its containers keep running without their parent. */
export async function killEngine(name: string): Promise<void> {
  const pid = enginePid(name);
  if (pid === undefined) return;
  process.kill(pid, "SIGKILL");
  while (enginePid(name) !== undefined) await sleep(20);
  // If no init process reaps orphans, dead processes stay visible, and the next engine would treat them as running.
  for (const file of ["dockerd.pid", "exec/containerd/containerd.pid"])
    rmSync(join(runFolder(name), file), { force: true });
}

export function signalEngine(name: string, signal: NodeJS.Signals): void {
  const pid = enginePid(name);
  if (pid !== undefined) process.kill(pid, signal);
}

/** Stops the engine and its processes, and removes its data. */
export async function removeEngine(name: string): Promise<void> {
  const pid = enginePid(name);
  if (pid !== undefined) process.kill(pid, "SIGTERM");
  const deadline = Date.now() + 15_000;
  while (enginePid(name) !== undefined && Date.now() < deadline) await sleep(50);
  await killEngine(name);
  kill(processesOf(name));
  await removeCgroups(name);
  await unmountUnder(runFolder(name));
  await unmountUnder(dataFolder(name));
  for (const folder of [runFolder(name), dataFolder(name)]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Removes the folder of the sockets of all engines. */
export function removeRunFolder(): void {
  rmSync(runFolder(), { recursive: true, force: true });
}

/** Returns the PID of the engine if it runs. The command line is checked too, because PID files survive a crash. */
export function enginePid(name: string): number | undefined {
  const pid = Number(read(join(runFolder(name), "dockerd.pid")));
  if (!pid || !read(`/proc/${pid}/cmdline`).includes(dataRoot(name))) return undefined;
  return read(`/proc/${pid}/stat`).includes(") Z ") ? undefined : pid;
}

/** The current engine's folder is first on PATH, so that the engine finds its own runc and docker-proxy. */
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
    // An explicit --tls=false, because otherwise the engine waits 15 s before it serves plain TCP.
    ...(tls ? [...secure, "--tlskey", certificate("server-key.pem")] : ["--tls=false"]),
    ...["--insecure-registry", subnet(), "--shutdown-timeout", "3"],
    // A cgroup for each engine, so that nothing in it is mistaken for that of another engine. A parent without systemd's
    // naming needs the driver cgroupfs.
    ...["--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", `/${namespaceOf(name)}`],
    // Allows many small networks, so that tests can run at the same time.
    ...["--default-address-pool", "base=10.200.0.0/16,size=24"],
    // If the machine has its own containerd, the engines share it; these options separate them.
    ...[
      "--containerd-namespace",
      namespaceOf(name),
      "--containerd-plugins-namespace",
      `${namespaceOf(name)}-plugins`,
    ],
  ];
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

/** One engine of the bed, and operations on it for tests. */
export interface BedHost {
  name: string;
  /** The address for a compose file: tcp://10.99.0.11:2375 */
  address: string;
  ip: string;
  /** The engine's socket, which also works while the host is disconnected. */
  socket: string;
  /** The folder of ca.pem, cert.pem and key.pem, if the engine requires TLS. */
  certificates: string | undefined;
  logFile: string;
  /** Kills the engine; its containers keep running. */
  kill(): Promise<void>;
  /** Kills the engine if it runs, and starts it. */
  restart(): Promise<void>;
  /** Makes the engine accept connections but not answer, until thaw(). */
  freeze(): void;
  thaw(): void;
  /** Disconnects the host from the network, until heal(). */
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
}
