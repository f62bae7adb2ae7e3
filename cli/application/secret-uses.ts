/** Where compose files use variables that are encrypted in the stack's configuration. Pure. */
import type { Project, Service } from "../../provider/compose/types.js";
import { placeholderOf } from "../pulumi/secret-placeholder.js";

export interface SecretUse {
  variable: string;
  /** "services.db.environment.PASSWORD" */
  path: string;
  /** Commands that change no container need the value too: hosts, names and images. */
  isEssential: boolean;
}

/** `project` was loaded with placeholders in place of these variables. */
export function secretUses(project: Project, variables: string[]): SecretUse[] {
  if (variables.length === 0) return [];
  const { services, disabled_services, hosts, networks, volumes, configs, secrets, name } = project;
  const parts = { name, hosts, services, disabled_services, networks, volumes, configs, secrets };
  const found: SecretUse[] = [];
  walk(parts, [], (text, path) => {
    for (const variable of variables)
      if (text.includes(placeholderOf(variable)) || (isSource(path) && text === variable))
        found.push({ variable, path: path.join("."), isEssential: isEssential(path) });
  });
  // They decide which files and engines are used, and leave no trace in the project.
  for (const variable of variables.filter((one) => /^(COMPOSE|DOCKER)_/.test(one)))
    found.push({ variable, path: "the environment", isEssential: true });
  return found;
}

/** Attributes of a running service: its health check and its hooks. */
export function usesSecrets(
  { health_check, pre_stop, post_start }: Partial<Service>,
  all: string[],
): boolean {
  const text = JSON.stringify([health_check, pre_stop, post_start]);
  return all.some((variable) => text.includes(placeholderOf(variable)));
}

function walk(value: unknown, path: string[], visit: (text: string, path: string[]) => void): void {
  if (typeof value === "string") return visit(value, path);
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    visit(key, path);
    walk(item, [...path, key], visit);
  }
}

/** `configs.X.environment` and `secrets.X.environment` name a variable. */
function isSource([section, , attribute]: string[]): boolean {
  return (section === "configs" || section === "secrets") && attribute === "environment";
}

const essential = new Set(["host", "container_name", "image", "ports"]);

function isEssential([section = "", , attribute = ""]: string[]): boolean {
  if (section === "hosts" || section === "name") return true;
  return section.endsWith("services") ? essential.has(attribute) : attribute === "name";
}
