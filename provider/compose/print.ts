/** The Project as a document: what `config` prints, and what docker compose reads back. */
import { projectRows } from "./schema/project.js";
import type { Shape } from "./schema/shape.js";
import type { Project } from "./types.js";

const sections = ["configs", "networks", "secrets", "services", "volumes"] as const;

/** k2's own words are in it only if the file had them. */
export function toDocument(project: Project): Record<string, unknown> {
  const document: Record<string, unknown> = { name: project.name };
  for (const section of sections) {
    if (section !== "services" && Object.keys(project[section]).length === 0) continue;
    document[section] = printed(project[section], projectRows[section]);
  }
  return { ...document, ...project.extensions };
}

function printed(value: unknown, shape: Shape | undefined): unknown {
  if (Array.isArray(value)) return value.map((entry) => printed(entry, shape?.entry));
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const inner = shape?.fields?.[key] ?? shape?.entry;
    if (entry !== undefined) result[inner?.spelled ?? key] = printed(entry, inner);
  }
  return result;
}
