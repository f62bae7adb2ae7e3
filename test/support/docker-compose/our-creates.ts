import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Project, Service } from "../../../provider/compose/types.js";
import {
  type ContainerContext,
  type ContainerCreate,
  containerCreate,
  containerLabels,
  seccompProfiles,
} from "../../../provider/engine/containers/create-body.js";
import type { ContainerFile } from "../../../provider/engine/create-options/file-volumes.js";
import { networkCreate } from "../../../provider/engine/resources/network-options.js";
import { volumeCreate } from "../../../provider/engine/resources/volume-options.js";
import { networkHash, volumeHash } from "../../../provider/model/reconcile/config-hash.js";
import { type Circumstances, configHash } from "../../../provider/model/reconcile/desired.js";
import type { ServiceInputs } from "../../../provider/model/kinds.js";
import { label } from "../../../provider/model/labels.js";
import { builtImageName, containerName } from "../../../provider/model/names.js";
import { attributesFolder } from "./attributes.js";

export type Config = Pick<Project, "name" | "services" | "networks" | "volumes" | "configs" | "secrets">;

/** Values of the engine and the machine that a translation uses. */
export interface Surroundings {
  apiVersion: string;
  /** The project's folder. */
  directory: string;
  /** Container name -> id. */
  idOf(container: string): string;
  imageIdOf(image: string): string;
}

export function ourNetworks(config: Config): Record<string, unknown>[] {
  return Object.entries(config.networks).map(([key, network]) =>
    networkCreate(config.name, key, network, { [label.configHash]: networkHash(network) }),
  );
}

export function ourVolumes(config: Config): Record<string, unknown>[] {
  return Object.entries(config.volumes).map(([key, volume]) =>
    volumeCreate(config.name, key, volume, { [label.configHash]: volumeHash(volume) }),
  );
}

/** The names of a service's containers. */
export function replicas(config: Config, service: string): string[] {
  const { scale, deploy, container_name } = config.services[service] ?? {};
  const count = scale ?? deploy?.replicas ?? 1;
  const name = (index: number) => container_name ?? containerName(config.name, service, index + 1, "compose");
  return Array.from({ length: count }, (_, index) => name(index));
}

export function ourContainer(
  config: Config,
  service: string,
  container: string,
  surroundings: Surroundings,
  files: ContainerFile[] = [],
): ContainerCreate {
  const definition = config.services[service] as Service;
  return containerCreate(definition, {
    ...context(config, service, definition, container, surroundings),
    files,
  });
}

function context(
  config: Config,
  service: string,
  definition: Service,
  container: string,
  surroundings: Surroundings,
): ContainerContext {
  const { apiVersion, directory, idOf } = surroundings;
  const others = Object.keys(config.services).map((other) => [other, replicas(config, other)] as const);
  return {
    project: config.name,
    service,
    number: replicas(config, service).indexOf(container) + 1,
    naming: "compose",
    name: container,
    finalName: container,
    image: definition.image ?? builtImageName(config.name, service, "compose"),
    labels: labels(config, service, definition, container, surroundings),
    networks: names(config.networks),
    volumes: names(config.volumes),
    containers: Object.fromEntries(others.map(([other, [first = ""]]) => [other, idOf(first)])),
    linked: Object.fromEntries(others),
    carry: [],
    apiVersion,
    profiles: profiles(definition, directory),
  };
}

function labels(
  config: Config,
  service: string,
  definition: Service,
  container: string,
  surroundings: Surroundings,
): Record<string, string> {
  const { directory, imageIdOf } = surroundings;
  const images = (definition.volumes ?? []).filter(({ type }) => type === "image");
  return containerLabels(definition, {
    project: config.name,
    service,
    number: replicas(config, service).indexOf(container) + 1,
    configHash: ourHash(config, service, surroundings.idOf),
    imageId: imageIdOf(definition.image ?? builtImageName(config.name, service, "compose")),
    directory,
    files: [join(directory, "compose.yaml")],
    imageMounts: Object.fromEntries(
      images.map(({ target, source }) => [target ?? "", imageIdOf(source ?? "")]),
    ),
  });
}

/** Returns the service's hash. The services whose namespaces and volumes it shares must have containers. */
export function ourHash(config: Config, service: string, idOf: Surroundings["idOf"]): string {
  const shares = Object.keys(config.services).map(
    (other) => [other, replicas(config, other).map(idOf)] as const,
  );
  const inputs = {
    ...config.services[service],
    project: config.name,
    service,
    replicas: 1,
  } as unknown as ServiceInputs;
  return configHash(inputs, { shares: Object.fromEntries(shares), hashed: {} } as unknown as Circumstances);
}

function names(things: Record<string, { name: string }>): Record<string, string> {
  return Object.fromEntries(Object.entries(things).map(([key, { name }]) => [key, name]));
}

function profiles({ security_opt }: Service, directory: string): Record<string, string> {
  // Reads the fixtures' files, because the project's folder may not exist.
  const local = (path: string) => join(attributesFolder, path.replace(directory, ""));
  return Object.fromEntries(
    seccompProfiles(security_opt).map((path) => [path, readFileSync(local(path), "utf8")]),
  );
}
