/** Removes networks, volumes, configs and secrets that no active service uses, because they are not created. */
import type { Service } from "../types.js";

interface Used {
  services: Record<string, Service>;
  networks: Record<string, unknown>;
  volumes: Record<string, unknown>;
  configs: Record<string, unknown>;
  secrets: Record<string, unknown>;
}

export function withoutUnused<T extends Used>(project: T): T {
  const services = Object.values(project.services);
  const keep = (section: Record<string, unknown>, used: string[]): Record<string, unknown> =>
    Object.fromEntries(Object.entries(section).filter(([name]) => used.includes(name)));
  const sources = (references: { source?: string }[] = []): string[] =>
    references.map(({ source }) => source ?? "");
  const volumes = services.flatMap(({ volumes: mounts = [] }) =>
    sources(mounts.filter(({ type }) => type === "volume")),
  );
  const buildSecrets = services.flatMap(({ build }) => sources(build?.secrets));
  return {
    ...project,
    networks: keep(
      project.networks,
      services.flatMap(({ networks }) => Object.keys(networks ?? {})),
    ),
    volumes: keep(project.volumes, volumes),
    configs: keep(
      project.configs,
      services.flatMap(({ configs }) => sources(configs)),
    ),
    secrets: keep(project.secrets, [...services.flatMap(({ secrets }) => sources(secrets)), ...buildSecrets]),
  };
}
