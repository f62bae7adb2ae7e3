/** Decodes the merged tree into the Project. */
import { checkConsistency, type Draft } from "./consistency.js";
import { checkHosts, withDefaultHost, hostName } from "./hosts.js";
import type { At } from "../tree/problems.js";
import { resolveEnvironment, resolveLabels } from "./resolve-environment.js";
import { projectRows } from "../schema/project.js";
import { service as serviceShape } from "../schema/service.js";
import { rootAt, type Scope } from "../source/scope.js";
import { emptyMapping, isMapping, type Mapping } from "../tree/tree.js";
import type { HostDefinition, Service } from "../types.js";

type Section = Record<string, unknown>;

interface Choices {
  profiles: string[];
  consistency: boolean;
  /** Read env_file and label_file, and merge them into `environment` and `labels`. */
  environment: boolean;
  /** Addresses from the caller, by host name. */
  hosts: Record<string, string>;
}

export async function assemble(tree: Mapping, scope: Scope, choices: Choices): Promise<Draft> {
  const at = rootAt(scope);
  const written = isMapping(tree.services) ? tree.services : emptyMapping();
  const servicesAt = at.child(tree, "services");
  const declared = decodeSection(tree, "hosts", at) as Record<string, HostDefinition>;
  for (const [name, address] of Object.entries(choices.hosts))
    declared[name] = { ...declared[name], address };
  const assembly: Draft = {
    services: {},
    disabled: {},
    networks: decodeSection(tree, "networks", at),
    volumes: decodeSection(tree, "volumes", at),
    configs: decodeSection(tree, "configs", at),
    secrets: decodeSection(tree, "secrets", at),
    s_extra_hosts: sharedHosts(tree, at),
    ...(await withDefaultHost(declared, scope.variables, scope.reader)),
  };
  for (const name of Object.keys(written).sort()) {
    await addService(name, written, servicesAt, assembly, scope, choices);
  }
  if (choices.consistency) checkConsistency(assembly, written, servicesAt);
  scope.problems.check();
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
  const own = written[name] as Mapping;
  const at = servicesAt.child(written, name);
  const { env_file: envFiles, ...service } = serviceShape.decode(own, at) as Service & {
    env_file?: { path?: string }[];
  };
  delete (service as { extends?: unknown }).extends;
  delete (service as { pull_refresh_after?: unknown }).pull_refresh_after;
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
  assembly.services[name] = inOrder(service);
}

/** Orders the attributes as the table does, because their order is part of the hash. */
function inOrder(service: Service): Service {
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(serviceShape.fields ?? {})) {
    if (Object.hasOwn(service, key)) ordered[key] = (service as unknown as Section)[key];
  }
  return ordered as unknown as Service;
}

function isActive({ profiles }: Service, active: string[]): boolean {
  if (profiles === undefined || active.includes("*")) return true;
  return profiles.some((profile) => active.includes(profile));
}

function decodeSection(tree: Mapping, key: string, at: At): Section {
  const value = tree[key];
  if (!isMapping(value)) return {};
  return (projectRows[key]?.decode(value, at.child(tree, key)) ?? {}) as Section;
}

function sharedHosts(tree: Mapping, at: At): Record<string, string[]> {
  const list = (
    tree.s_extra_hosts === undefined
      ? []
      : (projectRows.s_extra_hosts?.decode(tree.s_extra_hosts, at.child(tree, "s_extra_hosts")) ?? [])
  ) as string[];
  const hosts: Record<string, string[]> = {};
  for (const entry of list) {
    const cut = entry.indexOf("=");
    (hosts[entry.slice(0, cut)] ??= []).push(entry.slice(cut + 1));
  }
  return hosts;
}
