/** Checks the consistency of a project: every reference has a target, and no two attributes contradict each other. */
import { fixedHost, type Hosts } from "./hosts.js";
import { placeBelow, subjectsOf, type Subject } from "./subject.js";
import { basesOf, dependenciesOf, findCycles } from "./service-graph.js";
import type { At } from "../tree/problems.js";
import { didYouMean } from "../values/did-you-mean.js";
import type { Mapping } from "../tree/tree.js";
import type { FileObject, Network, ProjectSwarm, Service, Volume } from "../types.js";

export interface Draft extends Hosts {
  services: Record<string, Service>;
  disabled: Record<string, Service>;
  networks: Record<string, Network>;
  volumes: Record<string, Volume>;
  configs: Record<string, FileObject>;
  secrets: Record<string, FileObject>;
  s_extra_hosts: Record<string, string[]>;
  swarm?: ProjectSwarm;
}

export function checkConsistency(draft: Draft, written: Mapping, at: At): void {
  const subjects = subjectsOf(draft, written, at);
  for (const subject of subjects) {
    checkSource(subject, draft);
    checkReferences(subject, draft);
    checkDependencies(subject, draft);
    checkNumbers(subject);
    checkTargets(subject);
    checkSharing(subject, draft);
    checkExtraHosts(subject, draft);
  }
  checkContainerNames(subjects, draft);
  checkCycles(subjects, draft, basesOf, "services are built from each other");
  checkCycles(subjects, draft, dependenciesOf, "services depend on each other");
}

/** Reports each cycle at the attribute that leads from its first service to its second. */
function checkCycles(
  subjects: Subject[],
  draft: Draft,
  edges: (service: Service) => Map<string, string>,
  what: string,
): void {
  for (const cycle of findCycles(draft.services, edges)) {
    const [first = "", second = ""] = cycle;
    const subject = subjects.find(({ name }) => name === first);
    if (subject === undefined) continue;
    const path = edges(subject.service).get(second) ?? "";
    placeBelow(subject, path).fail(`${what}: ${cycle.join(" -> ")}`);
  }
}

function checkSource(subject: Subject, draft: Draft): void {
  const { service, at } = subject;
  const { build } = service;
  if (build === undefined && service.image === undefined && !at.problems.failedWithin(at.path))
    at.failAtKey("needs image or build");
  if (build === undefined) return;
  if (build.dockerfile !== undefined && build.dockerfile_inline !== undefined) {
    placeBelow(subject, "build.dockerfile_inline").failAtKey(
      "dockerfile and dockerfile_inline exclude each other",
    );
  }
  const platforms = build.platforms ?? [];
  if (service.platform !== undefined && platforms.length > 0 && !platforms.includes(service.platform)) {
    placeBelow(subject, "build.platforms").fail(
      `must contain the platform of the service, ${service.platform}`,
    );
  }
  for (const [name, context] of Object.entries(build.additional_contexts ?? {})) {
    if (!context.startsWith("service:")) continue;
    const other = draft.services[context.slice(8)];
    const place = placeBelow(subject, `build.additional_contexts.${name}`);
    if (other === undefined)
      place.fail(
        `no service "${context.slice(8)}"${didYouMean(context.slice(8), Object.keys(draft.services))}`,
      );
    else if (other.build === undefined) place.fail(`service "${context.slice(8)}" has no build`);
  }
  for (const [index, secret] of (build.secrets ?? []).entries()) {
    known(secret.source, draft.secrets, "secret", placeBelow(subject, `build.secrets[${index}]`));
  }
}

function known(name: string | undefined, section: Record<string, unknown>, kind: string, at: At): void {
  if (name === undefined || Object.hasOwn(section, name)) return;
  at.fail(
    `no ${kind} "${name}"${didYouMean(name, Object.keys(section))}; declare it under the top-level ${kind}s`,
  );
}

function checkReferences(subject: Subject, draft: Draft): void {
  const { service } = subject;
  if (service.network_mode !== undefined && Object.keys(service.networks ?? {}).length > 0) {
    placeBelow(subject, "network_mode").failAtKey("network_mode and networks exclude each other");
  } else
    for (const name of Object.keys(service.networks ?? {}))
      known(name, draft.networks, "network", placeBelow(subject, `networks.${name}`));
  for (const [index, mount] of (service.volumes ?? []).entries()) {
    if (mount.type !== "volume" || mount.source === undefined) continue;
    known(mount.source, draft.volumes, "volume", placeBelow(subject, `volumes[${index}]`));
  }
  for (const kind of ["configs", "secrets"] as const) {
    for (const [index, { source }] of (service[kind] ?? []).entries())
      known(source, draft[kind], kind.slice(0, -1), placeBelow(subject, `${kind}[${index}]`));
  }
  const [first] = service.healthcheck?.test ?? [];
  if (first !== undefined && !["CMD", "CMD-SHELL", "NONE"].includes(first)) {
    placeBelow(subject, "healthcheck.test").fail(
      `a list must start with CMD, CMD-SHELL or NONE, not "${first}"`,
    );
  }
}

function checkDependencies(subject: Subject, draft: Draft): void {
  for (const [name, path] of dependenciesOf(subject.service)) {
    if (Object.hasOwn(draft.services, name)) continue;
    const disabled = draft.disabled[name];
    const optional = subject.service.depends_on?.[name]?.required === false;
    if (disabled !== undefined && optional) continue;
    const place = placeBelow(subject, impliedBy(subject.service, name) ?? path);
    if (disabled !== undefined)
      place.fail(
        `service "${name}" is disabled; one of its profiles enables it: ${(disabled.profiles ?? []).join(", ")}`,
      );
    else place.fail(`no service "${name}"${didYouMean(name, Object.keys(draft.services))}`);
  }
}

/** Returns the attribute other than depends_on that makes a service depend on another. */
function impliedBy(service: Service, name: string): string | undefined {
  const link = (service.links ?? []).findIndex((entry) => entry.split(":")[0] === name);
  if (link >= 0) return `links[${link}]`;
  const source = (service.volumes_from ?? []).findIndex((entry) => entry.split(":")[0] === name);
  if (source >= 0) return `volumes_from[${source}]`;
  return (["network_mode", "ipc", "pid", "uts"] as const).find((key) => service[key] === `service:${name}`);
}

/** Attributes that set the same number must have the same value. */
function checkNumbers(subject: Subject): void {
  const { service } = subject;
  const { deploy, scale } = service;
  const replicas = deploy?.replicas;
  const differ = (one: string, other: string): undefined =>
    placeBelow(subject, one).fail(`differs from ${other}; give one of them, or the same value`);
  if (scale !== undefined && replicas !== undefined && scale !== replicas) differ("scale", "deploy.replicas");
  if (scale !== undefined && scale < 0) placeBelow(subject, "scale").fail("must be at least 0");
  if (replicas !== undefined && replicas < 0)
    placeBelow(subject, "deploy.replicas").fail("must be at least 0");
  const limits = deploy?.resources?.limits;
  const reservations = deploy?.resources?.reservations;
  if (limits !== undefined) {
    if (service.cpus !== undefined && (limits.cpus ?? 0) !== service.cpus)
      differ("cpus", "deploy.resources.limits.cpus");
    if (service.mem_limit !== undefined && (limits.memory ?? "0") !== service.mem_limit)
      differ("mem_limit", "deploy.resources.limits.memory");
    if (service.pids_limit !== undefined && (limits.pids ?? 0) !== service.pids_limit)
      differ("pids_limit", "deploy.resources.limits.pids");
  }
  if (
    reservations !== undefined &&
    service.mem_reservation !== undefined &&
    (reservations.memory ?? "0") !== service.mem_reservation
  ) {
    differ("mem_reservation", "deploy.resources.reservations.memory");
  }
  if (service.container_name !== undefined && (scale ?? replicas ?? 1) > 1) {
    placeBelow(subject, "container_name").failAtKey(
      `a container name must be unique, but the service has ${scale ?? replicas ?? 1} replicas`,
    );
  }
}

function checkTargets(subject: Subject): void {
  const { service } = subject;
  const taken = new Map<string, string>();
  const take = (target: string, path: string): void => {
    const other = taken.get(target);
    if (other !== undefined) placeBelow(subject, path).fail(`${target} is already used by ${other}`);
    else taken.set(target, path);
  };
  for (const [index, entry] of (service.tmpfs ?? []).entries())
    take(entry.split(":", 1)[0] ?? "", `tmpfs[${index}]`);
  for (const [index, mount] of (service.volumes ?? []).entries())
    take(mount.target ?? "", `volumes[${index}]`);
}

/** Services that share a namespace, volumes or a link must run on one engine. A service without `host` follows the other. */
function checkSharing(subject: Subject, draft: Draft): void {
  const { service } = subject;
  if (service.host === undefined) return;
  const shared = new Map<string, string>();
  for (const key of ["network_mode", "ipc", "pid"] as const)
    if (service[key]?.startsWith("service:") === true) shared.set(key, service[key].slice(8));
  for (const [index, entry] of (service.volumes_from ?? []).entries()) {
    if (!entry.startsWith("container:")) shared.set(`volumes_from[${index}]`, entry.split(":")[0] ?? "");
  }
  for (const [index, link] of (service.links ?? []).entries())
    shared.set(`links[${index}]`, link.split(":")[0] ?? "");
  for (const [path, name] of shared) {
    const other = draft.services[name];
    if (other?.host === undefined) continue;
    const [mine, theirs] = [fixedHost(service, draft), fixedHost(other, draft)];
    if (mine === undefined || theirs === undefined || mine === theirs) continue;
    placeBelow(subject, path).fail(
      `"${name}" is on host ${theirs}, this service on ${mine}; both must be on the same host`,
    );
  }
}

/** Warns where a service overrides the project's s_extra_hosts, because in k2-compose 0.1 the project's had precedence. */
function checkExtraHosts(subject: Subject, draft: Draft): void {
  for (const entry of subject.service.extra_hosts ?? []) {
    const [name = "", address = ""] = entry.split(/=(.*)/s);
    const shared = (Object.hasOwn(draft.s_extra_hosts, name) && draft.s_extra_hosts[name]) || [];
    if (shared.length === 0 || shared.includes(address)) continue;
    placeBelow(subject, "extra_hosts").warn(
      `${name} is ${address} here, but ${shared.join(", ")} in s_extra_hosts`,
    );
  }
}

/** Checks services with a fixed host only. Others are kept apart by the placement, which reports its own errors. */
function checkContainerNames(subjects: Subject[], draft: Draft): void {
  const taken = new Map<string, string>();
  for (const subject of subjects) {
    const { container_name: name } = subject.service;
    const host = fixedHost(subject.service, draft);
    if (name === undefined || host === undefined) continue;
    const other = taken.get(`${host} ${name}`);
    if (other !== undefined)
      placeBelow(subject, "container_name").fail(
        `"${name}" is already the container name of service ${other}${draft.default_host === host ? "" : ` on host ${host}`}`,
      );
    taken.set(`${host} ${name}`, subject.name);
  }
}
