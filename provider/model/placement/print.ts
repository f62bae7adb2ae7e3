/** A placement as text: where each service is, and by which rule. */
import type { Project } from "../../compose/types.js";
import { type Rule, type Rules, rulesOf } from "./rules.js";
import type { Placement } from "./placement.js";

/** One line a service. */
export function printPlacement(project: Project, placement: Placement): string {
  const rules = rulesOf(project);
  const rows = Object.keys(placement)
    .filter((name) => rules.of.has(name))
    .sort()
    .map(
      (name) => [name, printHosts(placement[name]!), describe(project, rules, rules.of.get(name)!)] as const,
    );
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows
    .map(([name, hosts, why]) => `${name.padEnd(widths[0]!)}  ${hosts.padEnd(widths[1]!)}  ${why}`)
    .join("\n");
}

/** "a x2, b" */
function printHosts(hosts: Record<string, number>): string {
  return Object.entries(hosts)
    .map(([host, count]) => (count === 1 ? host : `${host} x${count}`))
    .join(", ");
}

function describe(project: Project, rules: Rules, rule: Rule): string {
  const service = project.services[rule.service]!;
  const host =
    service.host === undefined
      ? []
      : [`host: ${Array.isArray(service.host) ? `[${service.host.join(", ")}]` : service.host}`];
  const constraints = rule.constraints.map(({ text }) => text);
  const company = rules.company.leaders.get(rule.service)!.map((leader) => `with ${leader}`);
  const led = rules.company.followers.get(rule.service) ?? [];
  if (!rule.own) return [...(company.length > 0 ? company : leads(rules, led)), ...many(rule)].join("; ");
  return [
    ...host,
    ...(service.deploy?.mode?.startsWith("global") ? ["mode: global"] : []),
    ...constraints.filter((text) => !text.startsWith("service == ")),
    ...company,
    ...(rule.spread.length > 0 ? [`spread over ${rule.spread.join(", ")}`] : []),
    ...(rule.maxPerHost < Infinity ? [`at most ${rule.maxPerHost} on a host`] : []),
    ...many(rule),
    ...drained(rule),
  ].join("; ");
}

/** It goes where those who say where they are need it. */
function leads(rules: Rules, followers: string[]): string[] {
  const speaking = followers.filter((name) => rules.of.get(name)!.own);
  return speaking.length === 0 ? ["default host"] : speaking.map((name) => `with ${name}`);
}

function many({ replicas, each, hosts }: Rule): string[] {
  if (each) return hosts.length > 1 ? ["one on each"] : [];
  return replicas === undefined || replicas === 1 ? [] : [`${replicas} replicas`];
}

function drained({ refused }: Rule): string[] {
  const hosts = [...refused].filter(([, { rule }]) => rule === "host").map(([host]) => host);
  return hosts.length === 0 ? [] : [`${hosts.join(", ")} ${hosts.length === 1 ? "drains" : "drain"}`];
}
