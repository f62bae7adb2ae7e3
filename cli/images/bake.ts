/** Prints a project's builds as a file for `docker buildx bake -f -`, as docker compose does. */
import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Build, FileObject, Project, Service } from "../../provider/compose/types.js";
import { basesOf, dependenciesOf } from "../../provider/compose/resolve/service-graph.js";
import { isRemote } from "../../provider/engine/builder/definition.js";
import type { Building } from "../../provider/model/kinds.js";
import { composeVersion, label } from "../../provider/model/labels.js";
import { builtImageName } from "../../provider/model/names.js";
import { reachable } from "../../provider/shared/dependency-order.js";
import { propertyOf } from "../../provider/shared/lookup.js";
import { select } from "../arguments/select.js";

interface BakeOptions {
  push?: boolean | undefined;
  withDependencies?: boolean | undefined;
}

/** Targets are the built services and what they depend on; the group to build contains `names` and their bases. */
export function bakeFile(
  project: Project,
  names: string[],
  building: Building,
  { push = false, withDependencies = false }: BakeOptions,
): object {
  const targetOf = targetNames(project);
  const around = wanted(project, names, true);
  const all = Object.entries(project.services).flatMap(([name, service]) =>
    service.build && around.has(name) ? [{ name, service, build: service.build }] : [],
  );
  const chosen = wanted(project, names, withDependencies);
  const target = all.map(({ name, service, build }): [string, object] => [
    targetOf(name),
    targetFor(project, name, service, build, building, push, targetOf),
  ]);
  const group = {
    default: {
      targets: all
        .map(({ name }) => name)
        .filter((name) => chosen.has(name))
        .map(targetOf),
    },
  };
  return { group, target: Object.fromEntries(sortedPairs(target)) };
}

/** Names of targets cannot contain dots. */
function targetNames({ services }: Project): (service: string) => string {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const service of Object.keys(services).sort()) {
    let name = service.replaceAll(".", "_");
    while (taken.has(name)) name += "_";
    taken.add(name);
    names.set(service, name);
  }
  return (service) => names.get(service) ?? service;
}

function wanted({ services }: Project, names: string[], withDependencies: boolean): Set<string> {
  const all = Object.keys(services).map((service) => ({ service, host: { name: "" } }));
  const needs = (name: string): string[] => {
    const service = propertyOf(services, name);
    const needed = [...(withDependencies ? dependenciesOf(service).keys() : []), ...basesOf(service).keys()];
    return needed.filter((other) => Object.hasOwn(services, other));
  };
  const chosen = select(names, all).map(({ service }) => service);
  return reachable(
    chosen.filter((name) => Object.hasOwn(services, name)),
    needs,
  );
}

function targetFor(
  project: Project,
  name: string,
  service: Service,
  build: Build,
  building: Building,
  push: boolean,
  targetOf: (service: string) => string,
): object {
  const { platform } = service;
  const platforms = build.platforms ?? (platform === undefined ? [] : [platform]);
  const isPushed = push && service.image !== undefined;
  const output =
    platforms.length > 1 ? `type=image,push=${isPushed}` : isPushed ? "type=registry" : "type=docker";
  return withoutEmpty({
    context: build.context,
    contexts: mapped(build.additional_contexts, (context) =>
      context.startsWith("service:") ? `target:${targetOf(context.slice("service:".length))}` : context,
    ),
    dockerfile: dockerfileOf(build),
    "dockerfile-inline": build.dockerfile_inline && escaped(build.dockerfile_inline),
    args: mapped(argumentsOf(project, build, building), escaped),
    labels: sortedObject({
      ...build.labels,
      [label.version]: composeVersion,
      [label.project]: project.name,
      [label.service]: name,
    }),
    tags: [...(build.tags ?? []), service.image ?? builtImageName(project.name, name, project.naming)],
    "cache-from": build.cache_from,
    "cache-to": build.cache_to,
    target: build.target,
    secret: secretsOf(project, build),
    ssh: [...(build.ssh ?? []), ...(building.ssh ?? [])].map((one) => (one.includes("=") ? one : `${one}=`)),
    platforms,
    pull: (build.pull ?? false) || building.pull,
    "no-cache": (build.no_cache ?? false) || building.no_cache,
    network: build.network,
    "no-cache-filter": build.no_cache_filter,
    "shm-size": build.shm_size,
    ulimits: Object.entries(build.ulimits ?? {}).map(([kind, limit]) =>
      typeof limit === "number" ? `${kind}=${limit}` : `${kind}=${limit.soft}:${limit.hard}`,
    ),
    entitlements: [...(build.entitlements ?? []), ...(build.privileged ? ["security.insecure"] : [])],
    "extra-hosts": extraHosts(build),
    output: [output],
    attest: [
      ...attestation("provenance", building.provenance ?? build.provenance),
      ...attestation("sbom", building.sbom ?? build.sbom),
    ],
  });
}

/** Escapes variables, which bake would interpolate. */
function escaped(text: string): string {
  return text.replaceAll("${", () => "$${");
}

function argumentsOf(
  { environment }: Project,
  { args = {} }: Build,
  building: Building,
): Record<string, string> {
  const all = Object.entries({ ...args, ...building.args }).flatMap(([name, written]): [string, string][] => {
    const value = written ?? environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(all);
}

function dockerfileOf({ context, dockerfile }: Build): string | undefined {
  if (dockerfile === undefined || isRemote(context)) return dockerfile;
  const path = isAbsolute(dockerfile) ? dockerfile : join(context, dockerfile);
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

function secretsOf({ secrets: defined }: Project, { secrets = [] }: Build): string[] {
  return secrets.flatMap(({ source, target }) => {
    const { environment, file }: Partial<FileObject> = defined[source] ?? {};
    const id = target ?? source;
    if (environment !== undefined) return [`id=${id},type=env,env=${environment}`];
    return file === undefined ? [] : [`id=${id},type=file,src=${file}`];
  });
}

function extraHosts({ extra_hosts = [] }: Build): Record<string, string> {
  const hosts: Record<string, string> = {};
  for (const entry of extra_hosts) {
    const [name = "", address = ""] = entry.split(/=(.*)/s, 2);
    hosts[name] = hosts[name] === undefined ? address : `${hosts[name]},${address}`;
  }
  return sortedObject(hosts);
}

function attestation(kind: string, value: string | undefined): string[] {
  if (value === undefined || value === "") return [];
  if (value === "true") return [`type=${kind}`];
  return value === "false" ? [`type=${kind},disabled=true`] : [`type=${kind},${value}`];
}

function mapped(
  values: Record<string, string> = {},
  change: (value: string) => string,
): Record<string, string> {
  return sortedObject(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)])));
}

function sortedObject(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(sortedPairs(Object.entries(values)));
}

function sortedPairs<T>(pairs: [string, T][]): [string, T][] {
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Omits empty lists, objects and strings, and options that are not set. */
function withoutEmpty(values: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) =>
        value !== undefined &&
        value !== "" &&
        value !== false &&
        (typeof value !== "object" || value === null || Object.keys(value).length > 0),
    ),
  );
}
