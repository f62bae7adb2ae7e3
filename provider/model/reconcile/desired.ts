/** Computes the desired service from its inputs and the snapshot of its host. */
import type { Service } from "../../compose/types.js";
import { serviceHash } from "./config-hash.js";
import type { Hashed, ServiceContext, ServiceInputs } from "../kinds.js";
import { label } from "../labels.js";
import type { HostSnapshot, ObservedContainer } from "../observed.js";
import type { DesiredService, Take } from "./desired-service.js";
import { preStartOf } from "./pre-start.js";
import { type Rolling, rollingOf } from "./update-policy.js";

/** The part of a ServiceContext that affects containers. */
export type Circumstances = Pick<
  ServiceContext,
  "imageId" | "imageHealthcheck" | "shares" | "networks" | "volumes" | "job" | "hashed"
>;

export function desiredService(
  inputs: ServiceInputs,
  circumstances: Circumstances,
  seen: Pick<HostSnapshot, "networks">,
  rest: {
    filesHash?: string;
    forceRecreate?: boolean;
    noRecreate?: boolean;
    gates?: string[];
    rolling?: Rolling;
    probe?: boolean;
    restartFor?: string[];
    lends?: boolean;
    takes?: Take[];
  } = {},
): DesiredService {
  const ids = new Map(seen.networks.map(({ name, id }) => [name, id]));
  const networks = Object.values(circumstances.networks);
  return {
    project: inputs.project,
    service: inputs.service,
    host: inputs.host.name,
    naming: inputs.naming ?? "compose",
    ...(inputs.container_name !== undefined && { containerName: inputs.container_name }),
    replicas: inputs.replicas,
    configHash: configHash(inputs, circumstances),
    ...(rest.filesHash !== undefined && { filesHash: rest.filesHash }),
    imageId: circumstances.imageId,
    networks: Object.fromEntries(networks.map((name) => [name, ids.get(name)])),
    volumes: Object.values(circumstances.volumes),
    job: circumstances.job,
    healthcheck: hasHealthcheck(inputs, circumstances),
    preStart: preStartOf(inputs),
    rolling: rest.rolling ?? rollingOf(inputs),
    probe: rest.probe ?? false,
    forceRecreate: rest.forceRecreate ?? false,
    noRecreate: rest.noRecreate ?? false,
    restartFor: rest.restartFor ?? [],
    prove: false,
    lends: rest.lends ?? false,
    takes: rest.takes ?? [],
    gates: rest.gates ?? [],
  };
}

/** The service for docker compose: without the attributes that k2-compose added. */
export function serviceOf(inputs: ServiceInputs, { unnamed, ...hashed }: Hashed): Service {
  const { host, project, service, replicas, naming, ...more } = inputs;
  const { config_contents, secret_contents, executable, synced, ...words } = more;
  return {
    ...words,
    ...(unnamed && { image: undefined }),
    command: words.command ?? null,
    entrypoint: words.entrypoint ?? null,
    ...hashed,
  };
}

/** docker compose's hash, which is computed after services in namespaces and volumes_from have become containers. */
export function configHash(inputs: ServiceInputs, { shares, hashed }: Circumstances): string {
  const service = serviceOf(inputs, hashed);
  const container = (mode: string | undefined): string | undefined => {
    const id = mode?.startsWith("service:") ? shares[mode.slice("service:".length)]?.[0] : undefined;
    return id === undefined ? mode : `container:${id}`;
  };
  for (const key of ["network_mode", "ipc", "pid"] as const) {
    if (service[key] !== undefined) service[key] = container(service[key]);
  }
  if (service.volumes_from) {
    // docker compose hashes "container:NAME:ro" as NAME: the read-only flag is not part of it.
    service.volumes_from = service.volumes_from.map((from) => {
      const [first = "", second = ""] = from.split(":");
      return first === "container" ? second : (shares[first]?.[0] ?? from);
    });
  }
  return serviceHash(service);
}

/** Changes whenever containers are replaced. */
export function revisionOf(desired: DesiredService): string {
  return [desired.configHash, desired.filesHash, desired.imageId].filter(Boolean).join("/");
}

export function configHashIn(revision: string): string | undefined {
  return revision.split("/")[0];
}

/** The files' hash in a revision; configHash and imageId are always present. */
export function filesHashIn(revision: string): string | undefined {
  const parts = revision.split("/");
  return parts.length > 2 ? parts[1] : undefined;
}

/** Containers of a service, without those of `run` and of `pre_start` hooks. */
export function containersOf(
  containers: ObservedContainer[],
  project: string,
  service: string,
): ObservedContainer[] {
  return containers.filter(
    ({ labels, state }) =>
      labels[label.project] === project &&
      labels[label.service] === service &&
      labels[label.oneoff] !== "True" &&
      labels[label.hook] === undefined &&
      state !== "removing",
  );
}

function hasHealthcheck(inputs: ServiceInputs, { imageHealthcheck }: Circumstances): boolean {
  const own = inputs.healthcheck;
  if (own?.disable || own?.test?.[0] === "NONE") return false;
  return own?.test !== undefined || imageHealthcheck;
}
