/** Decodes the merged tree into the Project. */
import { checkConsistency, type Draft } from "./consistency.js";
import { checkHosts, withDefaultHost, hostName, warnOfPlainTcp } from "./hosts.js";
import type { At } from "../tree/problems.js";
import { resolveEnvironment, resolveLabels } from "./resolve-environment.js";
import { sections } from "../schema/project.js";
import { service as serviceShape, serviceRows } from "../schema/service.js";
import type { Shape } from "../schema/shape.js";
import { subjectsOf } from "./subject.js";
import { checkSwarm } from "./swarm.js";
import { rootAt, type Scope } from "../source/scope.js";
import { emptyMapping, isMapping, type Mapping } from "../tree/tree.js";
import type { Service } from "../types.js";

interface Choices {
  profiles: string[];
  consistency: boolean;
  /** Read env_file and label_file, and merge them into `environment` and `labels`. */
  environment: boolean;
  /** Addresses from the caller, by host name. */
  hosts: Record<string, string>;
  /** Addresses of hosts that the file may lack. */
  knownHosts: Record<string, string>;
}

export async function assemble(tree: Mapping, scope: Scope, choices: Choices): Promise<Draft> {
  const at = rootAt(scope);
  const written = isMapping(tree.services) ? tree.services : emptyMapping();
  const servicesAt = at.child(tree, "services");
  const declared = decodeSection(tree, "hosts", sections.hosts, at);
  for (const [name, address] of Object.entries(choices.hosts))
    declared[name] = { ...declared[name], address };
  for (const [name, address] of Object.entries(choices.knownHosts)) declared[name] ??= { address };
  const assembly: Draft = {
    services: {},
    disabled: {},
    networks: decodeSection(tree, "networks", sections.networks, at),
    volumes: decodeSection(tree, "volumes", sections.volumes, at),
    configs: decodeSection(tree, "configs", sections.configs, at),
    secrets: decodeSection(tree, "secrets", sections.secrets, at),
    s_extra_hosts: sharedHosts(tree, at),
    ...(await withDefaultHost(declared, scope.variables, scope.reader)),
    ...swarmOf(tree, at),
  };
  for (const name of Object.keys(written).sort()) {
    await addService(name, written, servicesAt, assembly, scope, choices);
  }
  if (choices.consistency) {
    checkConsistency(assembly, written, servicesAt);
    checkSwarm(assembly, subjectsOf(assembly, written, servicesAt), { tree, at, directory: scope.directory });
  }
  scope.problems.check();
  const given = new Set(Object.keys({ ...choices.hosts, ...choices.knownHosts }));
  const own = Object.entries(declared).filter(([name]) => !given.has(name));
  warnOfPlainTcp(Object.fromEntries(own), tree.hosts, at.child(tree, "hosts"), scope.variables);
  return assembly;
}

async function addService(
  name: string,
  written: Mapping,
  servicesAt: At,
  assembly: Draft,
  scope: Scope,
  choices: Choices,
): Promise<void> {
  const own = written[name];
  const at = servicesAt.child(written, name);
  const decoded = serviceShape.decode(own, at);
  if (decoded === undefined || !isMapping(own)) return;
  const { env_file: envFiles, extends: _extends, pull_refresh_after: _after, ...service } = decoded;
  checkHosts(service, own, at, assembly);
  if (typeof service.host === "string") service.host = hostName(service.host, assembly);
  if (!isActive(service, choices.profiles)) {
    assembly.disabled[name] = service;
    return;
  }
  if (!choices.environment && envFiles !== undefined) Object.assign(service, { env_file: envFiles });
  if (choices.environment) {
    await resolveEnvironment(service, envFiles ?? [], own, at, scope);
    await resolveLabels(service, own, at, scope);
  }
  assembly.services[name] = inTableOrder(service);
}

function swarmOf(tree: Mapping, at: At): Pick<Draft, "swarm"> {
  const swarm = sections.swarm.decode(tree.swarm, at.child(tree, "swarm"));
  return swarm === undefined || swarm === false ? {} : { swarm };
}

/** Orders the attributes as the table does, because their order is part of the hash. */
function inTableOrder(service: Service): Service {
  const place = new Map(Object.keys(serviceRows).map((key, index) => [key, index]));
  const entries = Object.entries(service).sort(([a], [b]) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
  return Object.fromEntries(entries) as unknown as Service;
}

function isActive({ profiles }: Service, active: string[]): boolean {
  if (profiles === undefined || active.includes("*")) return true;
  return profiles.some((profile) => active.includes(profile));
}

function decodeSection<Entry>(
  tree: Mapping,
  key: string,
  shape: Shape<Record<string, Entry>>,
  at: At,
): Record<string, Entry> {
  return shape.decode(tree[key], at.child(tree, key)) ?? {};
}

function sharedHosts(tree: Mapping, at: At): Record<string, string[]> {
  const entries = sections.s_extra_hosts.decode(tree.s_extra_hosts, at.child(tree, "s_extra_hosts"));
  const hosts: Record<string, string[]> = {};
  for (const entry of entries ?? []) {
    const cut = entry.indexOf("=");
    (hosts[entry.slice(0, cut)] ??= []).push(entry.slice(cut + 1));
  }
  return hosts;
}
