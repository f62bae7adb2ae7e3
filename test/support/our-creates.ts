import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../../provider/compose/types.js";
import {
  type ContainerContext,
  containerCreate,
  containerLabels,
  seccompProfiles,
} from "../../provider/engine/container-options.js";
import { networkCreate } from "../../provider/engine/network-options.js";
import { volumeCreate } from "../../provider/engine/volume-options.js";
import { label } from "../../provider/model/labels.js";
import { builtImageName, containerName } from "../../provider/model/names.js";
import { type AttributeGolden, attributesFolder } from "./attributes.js";
import { comparable, type RecordedCreate } from "./create-body.js";
import { recordedId } from "./recording-engine.js";

type Config = AttributeGolden["config"];

/** All create calls that our translation makes of a project, in the order of their paths and names. */
export function ourCreates(
  config: Config,
  apiVersion: string,
  hashOf: (name: string) => string,
): RecordedCreate[] {
  const networks = Object.entries(config.networks ?? {}).map(([key, network]) =>
    call(
      "/networks/create",
      networkCreate(config.name, key, network, { [label.configHash]: hashOf(network.name) }),
    ),
  );
  const volumes = Object.entries(config.volumes ?? {}).map(([key, volume]) =>
    call(
      "/volumes/create",
      volumeCreate(config.name, key, volume, { [label.configHash]: hashOf(volume.name) }),
    ),
  );
  const containers = Object.entries(config.services).flatMap(([name, service]) =>
    replicas(config, name).flatMap((container, index) => {
      const context = contextOf(config, name, service, container, index + 1, apiVersion, hashOf(container));
      const { query, body, connect } = containerCreate(service, context);
      return [
        call("/containers/create", body, { ...query }),
        ...connect.map(({ network, body }) =>
          call(`/networks/${network}/connect`, { Container: recordedId(container), ...body }),
        ),
      ];
    }),
  );
  return sortCreates([...networks, ...volumes, ...containers]);
}

export function sortCreates(creates: RecordedCreate[]): RecordedCreate[] {
  const order = ({ path, query, body }: RecordedCreate) => JSON.stringify([path, query.name, body]);
  return creates.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function call(path: string, body: unknown, query: Record<string, string> = {}): RecordedCreate {
  return { path, query, body: comparable(JSON.parse(JSON.stringify(body))) };
}

function replicas(config: Config, name: string): string[] {
  const service = config.services[name];
  const count = service?.scale ?? service?.deploy?.replicas ?? 1;
  const numbered = (_: unknown, index: number) =>
    service?.container_name ?? containerName(config.name, name, index + 1, "compose");
  return Array.from({ length: count }, numbered);
}

function contextOf(
  config: Config,
  name: string,
  service: Service,
  container: string,
  number: number,
  apiVersion: string,
  configHash: string,
): ContainerContext {
  const all = Object.keys(config.services).map((other) => [other, replicas(config, other)] as const);
  const named = (things: Record<string, { name: string }> = {}) =>
    Object.fromEntries(Object.entries(things).map(([key, thing]) => [key, thing.name]));
  const imageId = `sha256:${"1".repeat(64)}`;
  const images = (service.volumes ?? []).filter(({ type }) => type === "image");
  return {
    project: config.name,
    service: name,
    number,
    naming: "compose",
    name: container,
    finalName: container,
    image: service.image ?? builtImageName(config.name, name, "compose"),
    labels: containerLabels(service, {
      project: config.name,
      service: name,
      number,
      configHash,
      imageId,
      directory: "/srv/fixture",
      files: ["/srv/fixture/compose.yaml"],
      imageMounts: Object.fromEntries(images.map(({ target }) => [target ?? "", imageId])),
    }),
    networks: named(config.networks),
    volumes: named(config.volumes),
    containers: Object.fromEntries(all.map(([other, [first = ""]]) => [other, recordedId(first)])),
    linked: Object.fromEntries(all),
    carry: [],
    apiVersion,
    profiles: Object.fromEntries(
      seccompProfiles(service.security_opt).map((path) => [
        path,
        readFileSync(join(attributesFolder, path), "utf8"),
      ]),
    ),
  };
}
