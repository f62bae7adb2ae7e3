/** Prints a Project as a document: the output of `config`, which docker compose and k2-compose can read back. */
import { projectRows } from "../schema/project.js";
import type { Shape } from "../schema/shape.js";
import type { Project } from "../types.js";

const sections = ["configs", "networks", "secrets", "services", "volumes"] as const;

/**
 * Contains k2's own attributes if the file has them. docker compose's JSON spells a few names as no file can (`Path`);
 * `spelled` prints them in the same way.
 */
export function toDocument(project: Project, { spelled = false } = {}): Record<string, unknown> {
  const document: Record<string, unknown> = { name: project.name };
  for (const section of sections) {
    if (section !== "services" && Object.keys(project[section]).length === 0) continue;
    document[section] = printed(project[section], projectRows[section], spelled);
  }
  return { ...document, ...k2Attributes(project), ...project.extensions };
}

function k2Attributes(project: Project): Record<string, unknown> {
  const implicit = project.implicit_default === true ? project.default_host : undefined;
  const declared = Object.entries(project.hosts).filter(([name]) => name !== implicit);
  return {
    ...(declared.length > 0 && { hosts: printed(Object.fromEntries(declared), projectRows.hosts, false) }),
    ...(project.swarm && { swarm: printed(project.swarm, projectRows.swarm, false) }),
    ...(Object.keys(project.s_extra_hosts).length > 0 && { s_extra_hosts: project.s_extra_hosts }),
    ...(project.naming !== "compose" && { naming: project.naming }),
  };
}

function printed(given: unknown, shape: Shape | undefined, spelled: boolean): unknown {
  const value = spelled && shape?.lossy !== undefined ? shape.lossy(given) : given;
  if (Array.isArray(value)) return value.map((entry) => printed(entry, shape?.entry, spelled));
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const inner = shape?.fields?.[key] ?? shape?.entry;
    const name = (spelled ? inner?.spelled : undefined) ?? key;
    if (entry !== undefined) result[name] = printed(entry, inner, spelled);
  }
  return result;
}
