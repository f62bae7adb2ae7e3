/** The placement rules of the file, before anything is placed. */
import { didYouMean } from "../../compose/values/did-you-mean.js";
import type { Project, Service } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { type Constraint, constraintsOf, holds, spreadLabels } from "./constraints.js";
import { isGlob } from "../../compose/values/glob.js";
import { declaredHosts, hostsNamed } from "./host-patterns.js";
import { type Refusals, refuseAll } from "./refusals.js";
import { type Affinity, affinityOf } from "./affinity.js";
import { entryOf, propertyOf } from "../../shared/lookup.js";

export interface Rule {
  service: string;
  /** The service has its own rule. Without one, it runs on the default host, or with its leaders or followers. */
  explicit: boolean;
  /** Names of the hosts that the rule allows. */
  hosts: string[];
  /** Hosts that match `host` but are not allowed, with the reason. */
  refused: Refusals;
  /** One container runs on each of its hosts. */
  onEachHost: boolean;
  /** The number of replicas as written. */
  replicas: number | undefined;
  constraints: Constraint[];
  /** Labels over whose values the replicas are spread. */
  spread: string[];
  maxPerHost: number;
}

export interface Rules {
  of: Map<string, Rule>;
  affinity: Affinity;
}

export function rulesOf(project: Project): Rules {
  const declared = declaredHosts(project);
  const of = new Map<string, Rule>();
  for (const name of Object.keys(project.services).sort()) of.set(name, ruleOf(project, name, declared));
  return { of, affinity: affinityOf(project, (name) => entryOf(of, name).constraints) };
}

/** In a file that declares no hosts, `deploy.placement` is ignored, as in docker compose. */
function ruleOf(project: Project, name: string, declared: string[]): Rule {
  const service = propertyOf(project.services, name);
  const alone = declared.length === 0;
  const placement = alone ? {} : (service.deploy?.placement ?? {});
  const constraints = alone ? [] : constraintsOf(project, name);
  if (!alone) checkMode(project, name);
  const global = !alone && (service.deploy?.mode ?? "").startsWith("global");
  const max = placement.max_replicas_per_node ?? 0;
  const chooses =
    global || max > 0 || (placement.preferences ?? []).length > 0 || constraints.some(choosesHosts);
  const replicas = replicasOf(project, name, global);
  const unnamed = chooses ? declared : [project.default_host];
  const named = service.host === undefined ? unnamed : hostsNamed(project, name, service.host);
  const rule: Rule = {
    service: name,
    explicit: service.host !== undefined || chooses,
    hosts: [],
    refused: new Map(),
    onEachHost: replicas !== 0 && (global || (isList(service.host) && replicas === undefined)),
    replicas,
    constraints,
    spread: alone ? [] : spreadLabels(project, name),
    maxPerHost: max === 0 ? Infinity : max,
  };
  checkServices(project, rule);
  return allow(project, rule, named);
}

function allow(project: Project, rule: Rule, named: string[]): Rule {
  for (const host of named) {
    const definition = propertyOf(project.hosts, host);
    const broken = rule.constraints
      .filter(isOfHosts)
      .find((constraint) => !holds(constraint, host, definition));
    if (broken)
      rule.refused.set(host, {
        rule: "deploy.placement.constraints",
        why: `"${broken.text}" is not satisfied`,
      });
    else if (definition.drain) rule.refused.set(host, { rule: "host", why: "the host is draining" });
    else rule.hosts.push(host);
  }
  if (rule.hosts.length === 0 && rule.explicit) throw refuseAll(project, rule.service, rule.refused);
  return rule;
}

/** Whether the constraint refers to the host, not to another service. */
function isOfHosts({ subject }: Constraint): boolean {
  return subject !== "service";
}

/** Whether the constraint selects hosts. "service == x" does not: it follows another service. */
function choosesHosts({ subject, equal }: Constraint): boolean {
  return subject !== "service" || !equal;
}

function isList(host: Service["host"]): boolean {
  return Array.isArray(host) || (host !== undefined && isGlob(host));
}

const maxReplicas = 10_000;

function replicasOf(project: Project, name: string, global: boolean): number | undefined {
  const { scale, deploy } = propertyOf(project.services, name);
  const replicas = scale ?? deploy?.replicas;
  if (replicas !== undefined && replicas > maxReplicas)
    throw new K2Error(
      "invalid-file",
      `services.${name}: ${replicas} replicas are more than the ${maxReplicas} that a service may have`,
      {
        at:
          project.positionOf(`services.${name}.${scale === undefined ? "deploy.replicas" : "scale"}`) ??
          project.positionOf(`services.${name}`),
      },
    );
  if (!global || replicas === undefined || replicas <= 1)
    return global && replicas === 1 ? undefined : replicas;
  const path = `services.${name}.deploy`;
  throw new K2Error(
    "invalid-file",
    `${path}: mode global runs one on each host, but ${replicas} replicas are set`,
    {
      at: project.positionOf(`${path}.mode`) ?? project.positionOf(`services.${name}`),
      hint: "Remove one of the two.",
    },
  );
}

/** The modes of swarm. docker compose accepts any value, and ignores it. */
const modes = ["replicated", "global", "replicated-job", "global-job"];

function checkMode(project: Project, name: string): void {
  const { mode } = propertyOf(project.services, name).deploy ?? {};
  if (mode === undefined || modes.includes(mode)) return;
  const path = `services.${name}.deploy.mode`;
  throw new K2Error("invalid-file", `${path}: unknown mode "${mode}"${didYouMean(mode, modes)}`, {
    at: project.positionOf(path) ?? project.positionOf(`services.${name}`),
    hint: "Use replicated, or global for one on each host.",
  });
}

function checkServices(project: Project, rule: Rule): void {
  for (const { subject, value, text } of rule.constraints) {
    if (subject !== "service" || project.services[value] || project.disabled_services[value]) continue;
    const path = `services.${rule.service}.deploy.placement.constraints`;
    throw new K2Error("invalid-file", `${path}: no such service: "${text}"`, {
      at: project.positionOf(path),
      hint: "Use the name of a service in the file.",
    });
  }
}
