import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import {
  type BedHost,
  certificatesFolder,
  enginePid,
  type EngineSpec,
  killEngine,
  logPath,
  removeEngine,
  removeRunFolder,
  signalEngine,
  socketPath,
  startEngine,
} from "./bed-engine.js";
import { loadTestImages } from "./test-images.js";
import { locked } from "../lock.js";
import {
  createBridge,
  createNamespace,
  acceptForwarding,
  removeBridge,
  removeNamespace,
  setLink,
} from "./bed-network.js";
import { addressOf, choosePlace, hasPlace, leavePlace } from "./bed-place.js";
import { bedUsers, forgetUsers, joinBed, leaveUsers } from "./bed-users.js";
import { givenHosts } from "./given-hosts.js";
import { cacheFolder, engineVersion, modernEngineBin } from "../scripts.js";

export interface BedOptions {
  /** Names of hosts: they start with a letter and have at most 11 characters. */
  hosts?: string[];
  /** The hosts whose engine requires TLS. */
  tls?: string[];
  /** The hosts with a current engine (API 1.56, images stored in containerd). */
  modern?: string[];
}

export interface Bed {
  hosts: Record<string, BedHost>;
  /** Releases the bed. The last process that releases it stops it. */
  close(): Promise<void>;
}

const folder = () => cacheFolder("bed");
const specPath = (name: string) => join(folder(), `${name}.json`);

/** Returns the reason why this machine cannot run a bed, for `describe(…, { skip: bedMissing() }, …)`. */
export function bedMissing(): string | undefined {
  if (process.env.K2_TEST_HOSTS) return undefined;
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "no test bed: it needs root on Linux, or K2_TEST_HOSTS";
  const missing = ["dockerd", "ip", "iptables", "nsenter", "openssl"].filter((name) => !onPath(name));
  return missing.length > 0 ? `no test bed: it needs ${missing.join(", ")}` : undefined;
}

/** Returns the reason why this machine has no current engine for the bed. */
export function modernMissing(): string | undefined {
  const missing = bedMissing() ?? (process.env.K2_TEST_HOSTS && "the engines are given by K2_TEST_HOSTS");
  if (missing) return missing;
  return modernEngineBin() ? undefined : "SKIPPED: no current engine (npm test builds it if Go is installed)";
}

/**
 * Starts several engines on this machine, each in its own network namespace. All processes of a test run share one
 * bed, and each starts the engines that are missing. K2_TEST_HOSTS (a=tcp://…,b=ssh://…) names engines to use
 * instead.
 */
export async function startBed({ hosts = ["a", "b"], tls = [], modern = [] }: BedOptions = {}): Promise<Bed> {
  const names = [...new Set([...hosts, ...tls, ...modern])];
  const given = givenHosts(names);
  if (given) return { hosts: given, close: () => Promise.resolve() };
  return locked(folder(), async () => {
    joinBed();
    if (!hasPlace()) {
      forgetEngines();
      await choosePlace();
    }
    await createBridge();
    await acceptForwarding();
    const specs = names.map((name) => specOf(name, tls.includes(name), modern.includes(name)));
    for (const spec of specs) await createNamespace(spec.name, spec.ip);
    await Promise.all(specs.map(startHost));
    const entries = specs.map((spec) => [spec.name, bedHost(spec)] as const);
    return { hosts: Object.fromEntries(entries), close: leaveBed };
  });
}

async function leaveBed(): Promise<void> {
  await locked(folder(), async () => {
    leaveUsers();
    if (bedUsers().length === 0) await stopBed();
  });
}

/** Stops all engines of the bed, even if other processes use them. */
export async function stopBed(): Promise<void> {
  if (!hasPlace()) return;
  await Promise.all(
    specs().map(async ({ name }) => {
      await removeEngine(name);
      await removeNamespace(name);
      rmSync(specPath(name), { force: true });
    }),
  );
  await removeBridge();
  removeRunFolder();
  leavePlace();
  forgetUsers();
}

async function startHost(spec: EngineSpec): Promise<void> {
  // An earlier test may have left the host disconnected or its engine frozen.
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
    disconnect: () => setLink(name, "down"),
    reconnect: async () => {
      await setLink(name, "up");
      await reachable(spec);
    },
  };
}

/**
 * Waits until the engine answers, because the first packets after a reconnection may be lost. Does not wait for a
 * killed engine.
 */
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

/** Returns a host's specification. Address and kind of a host do not change while the bed runs. */
function specOf(name: string, tls: boolean, modern: boolean): EngineSpec {
  const known = specs();
  const found = known.find((spec) => spec.name === name);
  if (found && found.tls === tls && found.modern === modern) return found;
  if (found)
    throw new Error(`the bed's host ${name} exists with other options (tls, modern): choose another name`);
  const taken = new Set(known.map((spec) => spec.ip));
  const ip = Array.from({ length: 200 }, (_, index) => addressOf(11 + index)).find(
    (free) => !taken.has(free),
  );
  if (!ip) throw new Error("the bed has no free address");
  const spec = { name, ip, tls, modern };
  writeFileSync(specPath(name), JSON.stringify(spec));
  return spec;
}

/** After a restart of the machine, the engines of the last bed are gone, and their addresses may be in use. */
function forgetEngines(): void {
  for (const { name } of specs()) rmSync(specPath(name));
}

function specs(): EngineSpec[] {
  const files = readdirSync(folder()).filter((name) => name.endsWith(".json"));
  return files.map((name) => JSON.parse(readFileSync(join(folder(), name), "utf8")) as EngineSpec);
}

function onPath(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((path) => existsSync(join(path, name)));
}
