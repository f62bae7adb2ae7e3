import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../../provider/compose/types.js";
import {
  type ContainerContext,
  type ContainerCreate,
  containerCreate,
  containerLabels,
  seccompProfiles,
} from "../../provider/engine/container-options.js";
import { networkCreate } from "../../provider/engine/network-options.js";
import { volumeCreate } from "../../provider/engine/volume-options.js";
import { label } from "../../provider/model/labels.js";
import { builtImageName, containerName } from "../../provider/model/names.js";
import { type AttributeGolden, attributesFolder } from "./attributes.js";

export type Config = AttributeGolden["config"];

/** What a translation takes from the engine and the machine. */
export interface Surroundings {
  apiVersion: string;
  /** The project's folder. */
  directory: string;
  /** Container name -> id. */
  idOf(container: string): string;
  /** Name of a container, network or volume -> its config-hash. */
  hashOf(name: string): string;
  imageIdOf(image: string): string;
}

export function ourNetworks(config: Config, { hashOf }: Surroundings): Record<string, unknown>[] {
  return Object.entries(config.networks ?? {}).map(([key, network]) =>
    networkCreate(config.name, key, network, { [label.configHash]: hashOf(network.name) }),
  );
}

export function ourVolumes(config: Config, { hashOf }: Surroundings): Record<string, unknown>[] {
  return Object.entries(config.volumes ?? {}).map(([key, volume]) =>
    volumeCreate(config.name, key, volume, { [label.configHash]: hashOf(volume.name) }),
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
): ContainerCreate {
  const definition = config.services[service] as Service;
  return containerCreate(definition, context(config, service, definition, container, surroundings));
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
  { directory, hashOf, imageIdOf }: Surroundings,
): Record<string, string> {
  const images = (definition.volumes ?? []).filter(({ type }) => type === "image");
  return containerLabels(definition, {
    project: config.name,
    service,
    number: replicas(config, service).indexOf(container) + 1,
    configHash: hashOf(container),
    imageId: imageIdOf(definition.image ?? builtImageName(config.name, service, "compose")),
    directory,
    files: [join(directory, "compose.yaml")],
    imageMounts: Object.fromEntries(
      images.map(({ target, source }) => [target ?? "", imageIdOf(source ?? "")]),
    ),
  });
}

function names(things: Record<string, { name: string }> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(things).map(([key, { name }]) => [key, name]));
}

function profiles({ security_opt }: Service, directory: string): Record<string, string> {
  // Wherever the project lies, its files are the fixtures'.
  const local = (path: string) => join(attributesFolder, path.replace(directory, ""));
  return Object.fromEntries(
    seccompProfiles(security_opt).map((path) => [path, readFileSync(local(path), "utf8")]),
  );
}
