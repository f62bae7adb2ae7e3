/** Values of options that containers and swarm services share. */
import type { Service } from "../../compose/types.js";

/** Limits by name, sorted. One number is both limits. */
export function ulimits(
  limits: NonNullable<Service["ulimits"]>,
): { Name: string; Soft: number; Hard: number }[] {
  return Object.keys(limits)
    .sort()
    .map((name) => {
      const limit = limits[name] ?? 0;
      const { soft = 0, hard = 0 } = typeof limit === "number" ? { soft: limit, hard: limit } : limit;
      return { Name: name, Soft: soft, Hard: hard };
    });
}

/** CAP_NET_ADMIN for net_admin, without duplicates, sorted. */
export function capabilities(names: string[]): string[] {
  const full = names
    .map((name) => name.toUpperCase())
    .map((name) => (name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`));
  return [...new Set(full)].sort();
}

/** "KEY=value", or "KEY" for a variable that is unset in the container; sorted. */
export function variables(environment: Record<string, string | null>): string[] {
  return Object.keys(environment)
    .sort()
    .map((name) => (environment[name] === null ? name : `${name}=${environment[name]}`));
}

/** The two parts of "/run:size=64m". */
export function pathAndOptions(entry: string): [string, string] {
  const at = entry.indexOf(":");
  return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
}
