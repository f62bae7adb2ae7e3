/** Networks, volumes, configs and secrets that no active service uses are not created, so they are left out. */
import type { Draft } from "./consistency.js";

export function withoutUnused<T extends Draft>(draft: T): T {
  const services = Object.values(draft.services);
  const keep = (section: Record<string, unknown>, used: string[]): Record<string, unknown> =>
    Object.fromEntries(Object.entries(section).filter(([name]) => used.includes(name)));
  const buildSecrets = services.flatMap(({ build }) =>
    ((build?.secrets ?? []) as { source: string }[]).map(({ source }) => source),
  );
  return {
    ...draft,
    networks: keep(
      draft.networks,
      services.flatMap(({ networks }) => Object.keys(networks ?? {})),
    ),
    volumes: keep(
      draft.volumes,
      services.flatMap(({ volumes = [] }) =>
        volumes.filter(({ type }) => type === "volume").map(({ source }) => source ?? ""),
      ),
    ),
    configs: keep(
      draft.configs,
      services.flatMap(({ configs = [] }) => configs.map(({ source }) => source)),
    ),
    secrets: keep(draft.secrets, [
      ...services.flatMap(({ secrets = [] }) => secrets.map(({ source }) => source)),
      ...buildSecrets,
    ]),
  };
}
