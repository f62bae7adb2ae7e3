/** Prints a placement: the hosts of each service, and the rule that selects them. */
import type { Project } from "../../compose/types.js";
import { type Rule, type Rules, rulesOf } from "./rules.js";
import type { Placement } from "./placement.js";
import { entryOf, propertyOf } from "../../shared/lookup.js";

/** Returns one line per service. */
export function printPlacement(project: Project, placement: Placement): string {
  const rules = rulesOf(project);
  const rows = Object.keys(placement)
    .filter((name) => rules.of.has(name))
    .sort()
    .map((name) => ({
      name,
      hosts: printHosts(propertyOf(placement, name)),
      why: describe(project, rules, entryOf(rules.of, name)),
    }));
  const nameWidth = Math.max(0, ...rows.map(({ name }) => name.length));
  const hostsWidth = Math.max(0, ...rows.map(({ hosts }) => hosts.length));
  return rows
    .map(({ name, hosts, why }) => `${name.padEnd(nameWidth)}  ${hosts.padEnd(hostsWidth)}  ${why}`)
    .join("\n");
}

/** "a x2, b" */
function printHosts(hosts: Record<string, number>): string {
  return Object.entries(hosts)
    .map(([host, count]) => (count === 1 ? host : `${host} x${count}`))
    .join(", ");
}

function describe(project: Project, rules: Rules, rule: Rule): string {
  const service = propertyOf(project.services, rule.service);
  const host =
    service.host === undefined
      ? []
      : [`host: ${Array.isArray(service.host) ? `[${service.host.join(", ")}]` : service.host}`];
  const constraints = rule.constraints.map(({ text }) => text);
  const together = entryOf(rules.affinity.leaders, rule.service).map((leader) => `with ${leader}`);
  const led = rules.affinity.followers.get(rule.service) ?? [];
  if (!rule.explicit)
    return [...(together.length > 0 ? together : leads(rules, led)), ...many(rule)].join("; ");
  return [
    ...host,
    ...(service.deploy?.mode?.startsWith("global") ? ["mode: global"] : []),
    ...constraints.filter((text) => !text.startsWith("service == ")),
    ...together,
    ...(rule.spread.length > 0 ? [`spread over ${rule.spread.join(", ")}`] : []),
    ...(rule.maxPerHost < Infinity ? [`at most ${rule.maxPerHost} on a host`] : []),
    ...many(rule),
    ...drained(rule),
  ].join("; ");
}

/** A leader without a rule of its own runs where its explicit followers run. */
function leads(rules: Rules, followers: string[]): string[] {
  const explicit = followers.filter((name) => entryOf(rules.of, name).explicit);
  return explicit.length === 0 ? ["default host"] : explicit.map((name) => `with ${name}`);
}

function many({ replicas, onEachHost, hosts }: Rule): string[] {
  if (onEachHost) return hosts.length > 1 ? ["one on each"] : [];
  return replicas === undefined || replicas === 1 ? [] : [`${replicas} replicas`];
}

function drained({ refused }: Rule): string[] {
  const hosts = [...refused].filter(([, { rule }]) => rule === "host").map(([host]) => host);
  return hosts.length === 0 ? [] : [`${hosts.join(", ")} ${hosts.length === 1 ? "is" : "are"} draining`];
}
