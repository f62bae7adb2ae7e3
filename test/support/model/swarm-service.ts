/** Services of Swarm mode, from the text of a compose file. */
import { withoutAttributesOf } from "../../../provider/compose/schema/service.js";
import type { Project } from "../../../provider/compose/types.js";
import { propertyOf } from "../../../provider/shared/lookup.js";
import { type Surroundings, refusalsOf } from "../../../provider/model/swarm/spec/refusals.js";
import type { SpecValues } from "../../../provider/model/swarm/spec/draft.js";
import type { SwarmServiceInputs } from "../../../provider/model/swarm-data.js";
import { serviceSpec } from "../../../provider/model/swarm/spec/spec.js";
import type { ServiceSpec } from "../../../provider/model/swarm/spec-types.js";
import { loaded } from "./project.js";

/** The attributes of one service, as lines without indentation below it; `rest`: top-level elements. */
export function file(attributes: string, rest = ""): string {
  const lines = attributes
    .trim()
    .split("\n")
    .map((line) => `    ${line}`);
  return `services:\n  web:\n${lines.join("\n")}\n${rest}`;
}

export async function specOf(text: string, context: Partial<SpecValues> = {}): Promise<ServiceSpec> {
  const project = await loaded(text);
  return serviceSpec(inputsOf(project), { ...contextOf(project), ...context });
}

export function inputsOf(project: Project, name = "web"): SwarmServiceInputs {
  const service = propertyOf(project.services, name);
  const { image = `${project.name}-${name}`, ...words } = withoutAttributesOf(
    service,
    "plan",
    "command",
    "order",
  );
  const replicas = service.deploy?.replicas ?? service.scale;
  return {
    ...words,
    image,
    project: project.name,
    service: name,
    ...(replicas !== undefined && { replicas }),
  };
}

function contextOf({ networks, volumes, configs, secrets }: Project): SpecValues {
  const map = <From, To>(all: Record<string, From>, to: (one: From, key: string) => To) =>
    Object.fromEntries(Object.entries(all).map(([key, one]) => [key, to(one, key)]));
  return {
    networks: map(networks, ({ name }) => name),
    volumes,
    configs: map(configs, ({ name }, key) => ({ id: `id of ${key}`, name })),
    secrets: map(secrets, ({ name }, key) => ({ id: `id of ${key}`, name })),
  };
}

/** "ports.0.host_ip: why (hint)" */
export async function printedRefusals(text: string, surroundings?: Partial<Surroundings>): Promise<string[]> {
  const project = await loaded(text);
  const around = surroundings && { project: "shop", service: "web", directory: "/shop", ...surroundings };
  return refusalsOf(propertyOf(project.services, "web"), around).map(
    ({ path, why, hint }) => `${path || "services.web"}: ${why} (${hint})`,
  );
}

/** A line for each value of a specification: "Mode.Replicated.Replicas: 1". */
export function printedFields(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0)
    return [`${path}: ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([name, entry]) => {
    const below = Array.isArray(value) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    return printedFields(entry, below);
  });
}
