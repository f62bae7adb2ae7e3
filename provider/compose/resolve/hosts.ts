/** The hosts of a project, including the default host. */
import path from "node:path";
import { ownVariable, type Variables } from "../source/variables.js";
import type { At } from "../tree/problems.js";
import type { Reader } from "../source/reader.js";
import { hostAddress } from "../schema/k2.js";
import { readAddress } from "../values/engine-address.js";
import { didYouMean } from "../values/did-you-mean.js";
import { globMatcher, globProblem, isGlob } from "../values/glob.js";
import { isList, isMapping, type Mapping } from "../tree/tree.js";
import type { HostDefinition, Service } from "../types.js";

const standardSocket = "unix:///var/run/docker.sock";

export interface Hosts {
  hosts: Record<string, HostDefinition>;
  default_host: string;
  implicit_default?: boolean;
}

export async function withDefaultHost(
  declared: Record<string, HostDefinition>,
  variables: Variables,
  reader: Reader,
): Promise<Hosts> {
  const name = ["default", "local"].find((candidate) => Object.hasOwn(declared, candidate));
  if (name !== undefined) return { hosts: declared, default_host: name };
  const address = await environmentAddress(variables, reader);
  return { hosts: { ...declared, default: { address } }, default_host: "default", implicit_default: true };
}

async function environmentAddress(variables: Variables, reader: Reader): Promise<string> {
  const host = ownVariable(variables, "DOCKER_HOST") ?? "";
  if (host !== "") return hostAddress(host) ?? host;
  const context = ownVariable(variables, "DOCKER_CONTEXT") || (await currentContext(variables, reader));
  return context === undefined || context === "" || context === "default"
    ? standardSocket
    : `context://${context}`;
}

async function currentContext(variables: Variables, reader: Reader): Promise<string | undefined> {
  const folder =
    ownVariable(variables, "DOCKER_CONFIG") || path.join(ownVariable(variables, "HOME") ?? "/", ".docker");
  try {
    const config: unknown = JSON.parse(await reader.read(path.join(folder, "config.json")));
    return isMapping(config) && typeof config.currentContext === "string" ? config.currentContext : undefined;
  } catch {
    return undefined; // docker also ignores a configuration that it cannot read
  }
}

/** Warns once of all hosts whose engine the network can control; `written`: the section `hosts` of the file. */
export function warnOfPlainTcp(
  declared: Record<string, HostDefinition>,
  written: unknown,
  at: At,
  variables: Variables,
): void {
  const names = Object.entries(declared).filter(([, host]) => isPlainTcp(host, variables));
  const [first] = names;
  if (first === undefined || !isMapping(written)) return;
  const places = names.map(([name]) => `hosts.${name}`).join(", ");
  at.problems.warn(
    `${places}: plain tcp:// has no authentication, so every machine that reaches the engine has root access to its host; use ssh:// or \`tls:\`, or set \`insecure: true\` at the host`,
    at.child(written, first[0]).position,
  );
}

function isPlainTcp({ address, tls, insecure }: HostDefinition, variables: Variables): boolean {
  if (tls !== undefined || insecure === true) return false;
  const read = readAddress(address);
  if (read.scheme !== "tcp" || isLoopback(read.host)) return false;
  // docker's variables add certificates for the engine that they name.
  const withTls = ownVariable(variables, "DOCKER_TLS_VERIFY");
  const named = ownVariable(variables, "DOCKER_HOST") ?? "";
  return !withTls || (hostAddress(named) ?? named) !== address;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** `local` and `default` are both names of the default host, whichever of them is declared. */
export function hostName(name: string, { hosts, default_host: defaultHost }: Hosts): string {
  return !Object.hasOwn(hosts, name) && (name === "default" || name === "local") ? defaultHost : name;
}

/** Returns the only host on which a service can run; undefined if its placement chooses, or if it runs on several hosts. */
export function fixedHost(service: Pick<Service, "host" | "deploy">, hosts: Hosts): string | undefined {
  const { mode, placement = {} } = service.deploy ?? {};
  const { constraints, preferences, max_replicas_per_node: most } = placement;
  const placementChooses = mode?.startsWith("global") || constraints?.length || preferences?.length || most;
  // Constraints have no effect in a file that declares no hosts.
  const declaresHosts = Object.keys(hosts.hosts).length > (hosts.implicit_default ? 1 : 0);
  const names = hostsOf(service, hosts);
  return names.length !== 1 || (service.host === undefined && placementChooses && declaresHosts)
    ? undefined
    : names[0];
}

/** Returns the names of the hosts that match `host`; without `host`, the default host. */
function hostsOf(service: Pick<Service, "host">, hosts: Hosts): string[] {
  if (service.host === undefined) return [hosts.default_host];
  return [service.host].flat().flatMap((pattern) => {
    const name = hostName(pattern, hosts);
    if (!isGlob(name)) return Object.hasOwn(hosts.hosts, name) ? [name] : [];
    return globProblem(name) === undefined ? Object.keys(hosts.hosts).filter(globMatcher(name)) : [];
  });
}

export function checkHosts(service: Service, written: Mapping, at: At, hosts: Hosts): void {
  if (service.host === undefined) return;
  const place = at.child(written, "host");
  for (const [index, pattern] of [service.host].flat().entries()) {
    if (hostsOf({ host: pattern }, hosts).length > 0) continue;
    const entry = isList(written.host) ? place.child(written.host, index) : place;
    const known = Object.keys(hosts.hosts);
    const problem = isGlob(pattern) ? globProblem(pattern) : undefined;
    entry.fail(problem ?? `no host "${pattern}" (hosts: ${known.join(", ")})${didYouMean(pattern, known)}`);
  }
}
