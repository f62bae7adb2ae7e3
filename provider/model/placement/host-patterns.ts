/** The hosts of a file, and the hosts that match the `host` of a service. */
import { hostName } from "../../compose/resolve/hosts.js";
import type { Project, Service } from "../../compose/types.js";
import { isGlob, globMatcher } from "../../compose/values/glob.js";
import { K2Error } from "../../shared/errors.js";
import { propertyOf } from "../../shared/lookup.js";

/** The hosts that `host` names, whether they may run the service or not. */
export function hostsWritten(project: Project, name: string): string[] {
  const { host } = propertyOf(project.services, name);
  return host === undefined ? [project.default_host] : hostsNamed(project, name, host);
}

/** Returns the names of the hosts that the file declares, without the implicit default host. */
export function declaredHosts(project: Project): string[] {
  const added = project.default_host === "default" && !isWritten(project, "default");
  return Object.keys(project.hosts)
    .filter((name) => !(added && name === project.default_host))
    .sort();
}

/** Returns the hosts that match `host`: names and globs, without those that match a "!glob". */
export function hostsNamed(project: Project, name: string, host: NonNullable<Service["host"]>): string[] {
  const named = new Set<string>();
  const patterns = [host].flat();
  const positive = patterns.filter((pattern) => !pattern.startsWith("!"));
  for (const pattern of positive.length > 0 ? positive : ["*"]) {
    const literal = hostName(pattern, project);
    const found = Object.hasOwn(project.hosts, literal)
      ? [literal]
      : matching(declaredHosts(project), pattern);
    if (found.length === 0 && !isGlob(pattern)) throw unknownHost(project, name, pattern);
    for (const match of found) named.add(match);
  }
  for (const pattern of patterns.filter((each) => each.startsWith("!"))) {
    for (const gone of matching(Object.keys(project.hosts), pattern.slice(1))) named.delete(gone);
  }
  if (named.size === 0) throw unknownHost(project, name, patterns.join(", "));
  return [...named].sort();
}

/** Whether the file contains the host. The position of a missing one is that of the enclosing element. */
function isWritten(project: Project, host: string): boolean {
  const [own, around] = [project.positionOf(`hosts.${host}`), project.positionOf("hosts")];
  return own !== undefined && !(own.line === around?.line && own.column === around.column);
}

function matching(hosts: string[], pattern: string): string[] {
  return hosts.filter(globMatcher(pattern, { nonegate: true, nocomment: true }));
}

function unknownHost(project: Project, name: string, wanted: string): K2Error {
  const known = Object.keys(project.hosts).sort().join(", ");
  return new K2Error("invalid-file", `services.${name}.host: no host "${wanted}" (hosts: ${known})`, {
    at: project.positionOf(`services.${name}.host`) ?? project.positionOf(`services.${name}`),
    hint: "Declare it under `hosts`, or use one of these.",
  });
}
