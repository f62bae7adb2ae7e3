/** `config --services` and similar: one name per line. */
import type { Project } from "../../provider/compose/types.js";
import { separatorOf } from "../../provider/model/names.js";

export interface ListOptions {
  services?: boolean;
  volumes?: boolean;
  networks?: boolean;
  images?: boolean;
  models?: boolean;
  profiles?: boolean;
  environment?: boolean;
}

const kinds: Record<keyof ListOptions, (project: Project) => string[]> = {
  services: ({ services }) => Object.keys(services),
  volumes: ({ volumes }) => Object.keys(volumes),
  networks: ({ networks }) => Object.keys(networks),
  images: imagesOf,
  // Models are not supported, so there are none.
  models: () => [],
  profiles: ({ services, disabled_services: disabled }) =>
    Object.values({ ...services, ...disabled }).flatMap(({ profiles }) => profiles ?? []),
  environment: ({ environment }) => Object.entries(environment).map(([name, value]) => `${name}=${value}`),
};

/** Undefined if no list was asked for. */
export function lists(project: Project, options: ListOptions): string[] | undefined {
  const given = new Map(Object.entries(options));
  const [, namesOf] = Object.entries(kinds).find(([name]) => given.get(name) === true) ?? [];
  if (namesOf === undefined) return undefined;
  // docker compose prints an image once for each service that uses it.
  const names = namesOf(project);
  return (namesOf === imagesOf ? names : [...new Set(names)]).sort();
}

/** A built service without an image name gets one from the names of project and service. */
function imagesOf(project: Project): string[] {
  const separator = separatorOf(project.naming);
  return Object.entries(project.services).flatMap(([name, service]) => [
    service.image ?? `${project.name}${separator}${name}`,
    ...(service.volumes ?? []).flatMap(({ type, source }) =>
      type === "image" && source !== undefined ? [source] : [],
    ),
    ...(service.pre_start ?? []).flatMap(({ image }) => image ?? []),
  ]);
}
