/** Selects services by the names and patterns of the command line. */
import { byNumber } from "../terminal/natural-order.js";
import { globMatcher } from "../../provider/compose/values/glob.js";
import { K2Error } from "../../provider/shared/errors.js";

/** Selects all without patterns. `web@b` is web on host b. */
export function select<T extends { service: string; host: { name: string } }>(
  patterns: string[],
  services: T[],
): T[] {
  if (patterns.length === 0) return services;
  const chosen = new Set<T>();
  for (const pattern of patterns) {
    const found = services.filter(({ service, host }) => matches(pattern, service, host.name));
    if (found.length === 0) throw noSuchService(pattern, services);
    for (const service of found) chosen.add(service);
  }
  return services.filter((service) => chosen.has(service));
}

export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

export function matches(pattern: string, service: string, host: string): boolean {
  const [name = "", on] = pattern.split("@");
  return isLike(service, name) && (on === undefined || isLike(host, on));
}

/** Whether a name equals the pattern or matches it as a glob. */
export function isLike(name: string, pattern: string): boolean {
  return (
    pattern === name ||
    globMatcher(pattern, { nobrace: true, noext: true, nocomment: true, nonegate: true })(name)
  );
}

function noSuchService(pattern: string, services: { service: string; host: { name: string } }[]): K2Error {
  const names = [...new Set(services.map(({ service }) => service))].sort(byNumber.compare);
  const there = names.length === 0 ? "available: none" : `available: ${names.join(", ")}`;
  return new K2Error(
    "not-found",
    isPattern(pattern)
      ? `no service matches ${pattern} (${there})`
      : `no such service: ${pattern} (${there})`,
  );
}
