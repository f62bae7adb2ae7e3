import type { BedHost } from "./bed-engine.js";

/** The engines that K2_TEST_HOSTS names. Tests must not stop, restart or disconnect them. */
export function givenHosts(
  names: string[],
  text = process.env.K2_TEST_HOSTS,
): Record<string, BedHost> | undefined {
  if (!text) return undefined;
  const given = new Map(text.split(",").map((entry) => splitOnce(entry.trim())));
  const missing = names.filter((name) => !given.has(name));
  if (missing.length > 0)
    throw new Error(
      `K2_TEST_HOSTS has no host ${missing.join(", ")} (it has: ${[...given.keys()].join(", ")})`,
    );
  return Object.fromEntries(names.map((name) => [name, givenHost(name, given.get(name) ?? "")]));
}

function givenHost(name: string, address: string): BedHost {
  const refuse = () => {
    throw new Error(`host ${name} is given by K2_TEST_HOSTS: tests must not stop or disconnect it`);
  };
  const host = {
    name,
    address,
    socket: address,
    ip: new URL(address).hostname,
    certificates: undefined,
    logFile: "",
  };
  return {
    ...host,
    kill: refuse,
    restart: refuse,
    freeze: refuse,
    thaw: refuse,
    disconnect: refuse,
    reconnect: refuse,
  };
}

function splitOnce(entry: string): [string, string] {
  const at = entry.indexOf("=");
  if (at < 1) throw new Error(`K2_TEST_HOSTS: "${entry}" is not name=address`);
  return [entry.slice(0, at), entry.slice(at + 1)];
}
