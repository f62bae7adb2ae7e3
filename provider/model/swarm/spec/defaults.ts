/** The meaning of a specification. Two with the same meaning may differ in spelling, and then swarm restarts all tasks. */
import { type Body, bodyOf, isBody } from "../../tables/table.js";
import { normalConstraint } from "../placement.js";
import { secretFile } from "./mounts.js";
import type {
  ContainerSpec,
  EndpointSpec,
  ServiceMode,
  ServiceSpec,
  TaskTemplate,
  UpdateSpec,
} from "../spec-types.js";

/** Names of networks by their ids: the engine stores the id. */
export type NetworkNames = Record<string, string>;

const second = 1e9;

/** The specification with the engine's defaults and without what means nothing. Lists without an order are by key. */
export function withDefaults(spec: ServiceSpec, networks: NetworkNames = {}): Body {
  const complete = {
    ...spec,
    Mode: withCounts(spec.Mode),
    UpdateConfig: withUpdateDefaults(spec.UpdateConfig),
    RollbackConfig: withUpdateDefaults(spec.RollbackConfig),
    EndpointSpec: withEndpointDefaults(spec.EndpointSpec),
    TaskTemplate: withTaskDefaults(spec.TaskTemplate),
  };
  return bodyOf(meaningOf(complete, "", networks));
}

export function modeName(mode: ServiceMode): string {
  if ("Global" in mode) return "global";
  if ("GlobalJob" in mode) return "global-job";
  return "ReplicatedJob" in mode ? "replicated-job" : "replicated";
}

function withCounts(mode: ServiceMode): ServiceMode {
  if ("Replicated" in mode) return { Replicated: { Replicas: mode.Replicated.Replicas ?? 1 } };
  if (!("ReplicatedJob" in mode)) return mode;
  const { MaxConcurrent = 1, TotalCompletions = MaxConcurrent } = mode.ReplicatedJob;
  return { ReplicatedJob: { MaxConcurrent, TotalCompletions } };
}

/** In a section that exists, an absent `Parallelism` is 0: all tasks at once. */
function withUpdateDefaults(update?: UpdateSpec | null): UpdateSpec {
  return {
    ...update,
    Parallelism: update ? (update.Parallelism ?? 0) : 1,
    Delay: update?.Delay ?? 0,
    FailureAction: update?.FailureAction || "pause",
    Monitor: update?.Monitor || 5 * second,
    // The engine stores it in 32 bits.
    MaxFailureRatio: Math.fround(update?.MaxFailureRatio ?? 0),
    Order: update?.Order || "stop-first",
  };
}

function withEndpointDefaults(endpoint?: EndpointSpec | null): EndpointSpec {
  return {
    ...endpoint,
    Mode: endpoint?.Mode || "vip",
    Ports: (endpoint?.Ports ?? []).map((port) => ({
      ...port,
      Protocol: port.Protocol || "tcp",
      PublishMode: port.PublishMode || "ingress",
    })),
  };
}

function withTaskDefaults(task: TaskTemplate): TaskTemplate {
  const restart = task.RestartPolicy;
  return {
    ...task,
    RestartPolicy: {
      ...restart,
      Condition: restart?.Condition || "any",
      Delay: restart?.Delay ?? 5 * second,
    },
    ContainerSpec: withContainerDefaults(task.ContainerSpec),
  };
}

function withContainerDefaults(container: ContainerSpec): ContainerSpec {
  const check = container.Healthcheck;
  return {
    ...container,
    Healthcheck: check?.Test?.[0] === "NONE" ? { Test: check.Test } : check,
    StopGracePeriod: container.StopGracePeriod ?? 10 * second,
    Isolation: container.Isolation || "default",
  };
}

/** Fields whose zero differs from their absence. */
const zeros = new Set([
  "Delay",
  "MaxConcurrent",
  "MemorySwappiness",
  "Parallelism",
  "Replicas",
  "StopGracePeriod",
  "SwapBytes",
  "TotalCompletions",
]);

/** Mappings with names of the user: every entry means something. */
const userMappings = new Set(["DriverOpts", "Labels", "Options", "Sysctls"]);

const sets = new Set(["Aliases", "CapabilityAdd", "CapabilityDrop", "Groups", "Hosts", "Platforms"]);

function meaningOf(value: unknown, path: string, networks: NetworkNames): unknown {
  const name = path.slice(path.lastIndexOf(".") + 1);
  if (Array.isArray(value)) return listMeaning(value, path, name, networks);
  if (!isBody(value)) return value;
  const entries = Object.entries(value);
  if (userMappings.has(name)) return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
  return Object.fromEntries(
    entries
      .map(([key, entry]): [string, unknown] => [
        key,
        meaningOf(entry, path === "" ? key : `${path}.${key}`, networks),
      ])
      .filter(([key, entry]) => means(key, entry)),
  );
}

function means(key: string, value: unknown): boolean {
  if (value === 0) return zeros.has(key);
  if (key === "Global" || key === "GlobalJob") return isBody(value);
  return isBody(value) || Array.isArray(value) ? Object.keys(value).length > 0 : Boolean(value);
}

function listMeaning(list: unknown[], path: string, name: string, networks: NetworkNames): unknown {
  if (isKeyed(path)) {
    const entries = list.map((entry) => [
      keyOf(path, entry, networks),
      withOneSpelling(meaningOf(entry, `${path}.[]`, networks), path, networks),
    ]);
    return Object.fromEntries(entries);
  }
  if (name === "Constraints") return list.map((entry) => normalConstraint(String(entry))).sort();
  const entries = list.map((entry) => meaningOf(entry, `${path}.[]`, networks));
  if (!sets.has(name)) return entries;
  const byText = new Map(entries.map((entry) => [JSON.stringify(entry), entry]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/** Lists without an order: their entries have a key. */
const keys: Record<string, (entry: unknown, networks: NetworkNames) => string> = {
  "TaskTemplate.ContainerSpec.Env": (variable) => String(variable).split("=", 1)[0] ?? "",
  "TaskTemplate.ContainerSpec.Mounts": (mount) => textAt(mount, "Target"),
  "TaskTemplate.ContainerSpec.Configs": (config) => textAt(config, "File", "Name"),
  "TaskTemplate.ContainerSpec.Secrets": (secret) => secretFile(textAt(secret, "File", "Name")),
  "TaskTemplate.ContainerSpec.Ulimits": (limit) => textAt(limit, "Name"),
  "TaskTemplate.Networks": (network, names) => nameOf(textAt(network, "Target"), names),
  "TaskTemplate.Resources.Reservations.GenericResources": (resource) =>
    textAt(resource, "DiscreteResourceSpec", "Kind"),
  "EndpointSpec.Ports": (port) =>
    `${textAt(port, "PublishedPort") || "any"}:${textAt(port, "TargetPort")}/${textAt(port, "Protocol") || "tcp"} ${textAt(port, "PublishMode") || "ingress"}`,
};

export function isKeyed(path: string): boolean {
  return Object.hasOwn(keys, path);
}

/** "[/data]": how an entry of such a list is named. */
export function keyOf(path: string, entry: unknown, networks: NetworkNames): string {
  return `[${keys[path]?.(entry, networks) ?? ""}]`;
}

function nameOf(network: string, names: NetworkNames): string {
  return names[network] ?? network;
}

/** Replaces the parts of an entry whose spelling differs between two that mean the same. */
function withOneSpelling(entry: unknown, path: string, networks: NetworkNames): unknown {
  if (!isBody(entry)) return entry;
  if (path === "TaskTemplate.Networks") return { ...entry, Target: nameOf(String(entry.Target), networks) };
  if (path === "TaskTemplate.ContainerSpec.Mounts") return withoutUsualPropagation(entry);
  if (path === "TaskTemplate.ContainerSpec.Secrets") {
    const file = bodyOf(entry.File);
    return { ...entry, File: { ...file, Name: secretFile(String(file.Name)) } };
  }
  return entry;
}

/** The engine adds it to the options that a bind mount has. */
function withoutUsualPropagation(mount: Body): Body {
  const { BindOptions: bind, ...rest } = mount;
  const { Propagation: propagation, ...options } = bodyOf(bind);
  if (propagation !== undefined && propagation !== "rprivate") options.Propagation = propagation;
  return Object.keys(options).length === 0 ? rest : { ...rest, BindOptions: options };
}

function textAt(value: unknown, ...names: string[]): string {
  const found = names.reduce((part, name) => bodyOf(part)[name], value);
  return found === undefined || found === null ? "" : String(found);
}
