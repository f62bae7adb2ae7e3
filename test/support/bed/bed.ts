import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  certificatesFolder,
  enginePid,
  killEngine,
  logPath,
  removeEngine,
  signalEngine,
  socketPath,
  startEngine,
} from "./bed-engine.js";
import type { BedHost, EngineSpec } from "./bed-engine.js";
import { loadTestImages } from "./test-images.js";
import { locked } from "./lock.js";
import {
  createBridge,
  createNamespace,
  letThrough,
  removeBridge,
  removeNamespace,
  setLink,
} from "./bed-network.js";
import { givenHosts } from "./given-hosts.js";
import { cacheFolder, engineVersion, modernEngineBin } from "../scripts.js";

export interface BedOptions {
  /** Names of hosts: a letter and what follows it, at most 11 characters. */
  hosts?: string[];
  /** Which of them want TLS. */
  tls?: string[];
  /** Which of them run an engine of today (API 1.56, images kept by containerd). */
  modern?: string[];
}

export interface Bed {
  hosts: Record<string, BedHost>;
  /** Says that this process is done with the bed; the last one that says so stops it. */
  close(): Promise<void>;
}

const folder = () => cacheFolder("bed");
const specPath = (name: string) => join(folder(), `${name}.json`);
const usersFolder = () => cacheFolder("bed", "users");

/** Why this machine cannot have a bed, for `describe(…, { skip: bedMissing() }, …)`; undefined where it can. */
export function bedMissing(): string | undefined {
  if (process.env.K2_TEST_HOSTS) return undefined;
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "no test bed: it needs root on Linux, or K2_TEST_HOSTS";
  const missing = ["dockerd", "ip", "iptables", "nsenter", "openssl"].filter((name) => !onPath(name));
  return missing.length > 0 ? `no test bed: it needs ${missing.join(", ")}` : undefined;
}

/** Why this machine has no engine of today for the bed; undefined where it has. */
export function modernMissing(): string | undefined {
  const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "the engines are given by K2_TEST_HOSTS");
  if (missing) return missing;
  return modernEngineBin()
    ? undefined
    : "SKIPPED: no engine of today (npm test builds it where Go is installed)";
}

/**
 * Several engines on this machine, each in a network namespace of its own. All processes of a test run share one bed:
 * whoever comes first starts what is missing. K2_TEST_HOSTS (a=tcp://…,b=ssh://…) names engines to use instead.
 */
export async function startBed({ hosts = ["a", "b"], tls = [], modern = [] }: BedOptions = {}): Promise<Bed> {
  const names = [...new Set([...hosts, ...tls, ...modern])];
  const given = givenHosts(names);
  if (given) return { hosts: given, close: () => Promise.resolve() };
  return locked(folder(), async () => {
    writeFileSync(join(usersFolder(), String(process.pid)), "");
    await createBridge();
    await letThrough();
    const specs = names.map((name) => specOf(name, tls.includes(name), modern.includes(name)));
    for (const spec of specs) await createNamespace(spec.name, spec.ip);
    await Promise.all(specs.map(startHost));
    const entries = specs.map((spec) => [spec.name, bedHost(spec)] as const);
    return { hosts: Object.fromEntries(entries), close: leaveBed };
  });
}

async function leaveBed(): Promise<void> {
  await locked(folder(), async () => {
    rmSync(join(usersFolder(), String(process.pid)), { force: true });
    if (!isUsed()) await stopBed();
  });
}

/** Ends all engines of the bed, whoever uses them. */
export async function stopBed(): Promise<void> {
  await Promise.all(
    specs().map(async ({ name }) => {
      await removeEngine(name);
      await removeNamespace(name);
      rmSync(specPath(name), { force: true });
    }),
  );
  await removeBridge();
  rmSync(usersFolder(), { recursive: true, force: true });
}

async function startHost(spec: EngineSpec): Promise<void> {
  // An earlier test may have left it cut off or frozen.
  await setLink(spec.name, "up");
  signalEngine(spec.name, "SIGCONT");
  await startEngine(spec);
  await loadTestImages({ address: `unix://${socketPath(spec.name)}` });
}

function bedHost(spec: EngineSpec): BedHost {
  const { name, ip } = spec;
  return {
    name,
    ip,
    ...bedAddress(spec),
    socket: `unix://${socketPath(name)}`,
    logFile: logPath(name),
    kill: () => killEngine(name),
    restart: async () => {
      await killEngine(name);
      await startEngine(spec);
    },
    freeze: () => signalEngine(name, "SIGSTOP"),
    thaw: () => signalEngine(name, "SIGCONT"),
    cut: () => setLink(name, "down"),
    heal: async () => {
      await setLink(name, "up");
      await reachable(spec);
    },
  };
}

/** After a cut the first packets may still be lost. A dead engine is not waited for. */
async function reachable(spec: EngineSpec): Promise<void> {
  const engine = bedAddress(spec);
  const deadline = Date.now() + 60_000;
  while (enginePid(spec.name) !== undefined && Date.now() < deadline) {
    if (await engineVersion(engine, 500)) return;
  }
}

function bedAddress({ name, ip, tls }: EngineSpec): { address: string; certificates: string | undefined } {
  return {
    address: `tcp://${ip}:${tls ? 2376 : 2375}`,
    certificates: tls ? certificatesFolder(name) : undefined,
  };
}

/** A host keeps its address and its kind for as long as the bed lives. */
function specOf(name: string, tls: boolean, modern: boolean): EngineSpec {
  const known = specs();
  const found = known.find((spec) => spec.name === name);
  if (found && found.tls === tls && found.modern === modern) return found;
  if (found) throw new Error(`the bed's host ${name} is of another kind (tls, modern): choose another name`);
  const taken = new Set(known.map((spec) => spec.ip));
  const ip = Array.from({ length: 200 }, (_, index) => `10.99.0.${11 + index}`).find(
    (free) => !taken.has(free),
  );
  if (!ip) throw new Error("the bed has no address left");
  const spec = { name, ip, tls, modern };
  writeFileSync(specPath(name), JSON.stringify(spec));
  return spec;
}

function specs(): EngineSpec[] {
  const files = readdirSync(folder()).filter((name) => name.endsWith(".json"));
  return files.map((name) => JSON.parse(readFileSync(join(folder(), name), "utf8")) as EngineSpec);
}

function onPath(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((path) => existsSync(join(path, name)));
}

function isUsed(): boolean {
  return readdirSync(usersFolder()).some((pid) => isNode(pid));
}

/** A process that was killed leaves its note behind, and its number may have gone to another program. */
function isNode(pid: string): boolean {
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("node");
}
