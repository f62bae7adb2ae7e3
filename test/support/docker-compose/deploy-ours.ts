import type { Service } from "../../../provider/compose/types.js";
import {
  containerFiles,
  type FileContents,
  filesTar,
  uploads,
} from "../../../provider/engine/files/config-files.js";
import { type ContainerFile } from "../../../provider/engine/create-options/file-volumes.js";
import { engineRequest } from "../scripts.js";
import type { EngineUnderTest } from "../bed/http-engine.js";
import {
  type Config,
  ourContainer,
  ourNetworks,
  ourVolumes,
  replicas,
  type Surroundings,
} from "./our-creates.js";

/**
 * Deploys our translation by plain HTTP: creates everything, then starts it, dependencies first, as `docker compose
 * up -d` does. Returns the engine's message if it refuses.
 */
export async function deployOurs(
  host: EngineUnderTest,
  config: Config,
  contents: FileContents,
  { start, ...known }: Omit<Surroundings, "idOf"> & { start: boolean },
): Promise<string | undefined> {
  const ids: Record<string, string> = {};
  const surroundings = { ...known, idOf: (container: string) => ids[container] ?? "" };
  const post = poster(host, known.apiVersion);
  try {
    for (const body of ourNetworks(config)) await post("/networks/create", body);
    for (const body of ourVolumes(config)) await post("/volumes/create", body);
    const containers = Object.keys(config.services).flatMap((service) =>
      replicas(config, service).map((name) => ({ service, name })),
    );
    for (const { service, name } of containers) {
      const definition = config.services[service] as Service;
      const files = containerFiles(definition, contents);
      const { query, body, connect } = ourContainer(config, service, name, surroundings, files);
      const { Id } = await post(`/containers/create?${new URLSearchParams({ ...query })}`, body);
      ids[name] = Id;
      for (const { network, body } of connect)
        await post(`/networks/${network}/connect`, { Container: Id, ...body });
      await putFiles(host, Id, definition, files);
    }
    for (const { name } of start ? containers : []) await post(`/containers/${ids[name]}/start`, {});
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Returns the services and their dependencies, dependencies first. */
export function inOrder(config: Config, wanted: string[]): string[] {
  const order = new Set<string>();
  const visit = (name: string) => {
    Object.keys(config.services[name]?.depends_on ?? {}).forEach(visit);
    order.add(name);
  };
  wanted.forEach(visit);
  return [...order];
}

/** Returns the project with only these services, in this order, and with the networks and volumes that they use. */
export function selected(config: Config, services: string[]): Config {
  const chosen = Object.fromEntries(services.map((name) => [name, config.services[name] as Service]));
  const used = Object.values(chosen);
  const networks = new Set(used.flatMap((service) => Object.keys(service.networks ?? {})));
  const volumes = new Set(used.flatMap((service) => (service.volumes ?? []).map(({ source }) => source)));
  return {
    ...config,
    services: chosen,
    networks: only(config.networks, networks),
    volumes: only(config.volumes, volumes),
  };
}

function only<Value>(all: Record<string, Value>, keys: Set<string | undefined>): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => keys.has(key)));
}

function poster(host: EngineUnderTest, apiVersion: string) {
  return async (path: string, body: unknown): Promise<{ Id: string }> => {
    const request = { body: JSON.stringify(body), type: "application/json", deadlineMs: 120_000 };
    const { status, text } = await engineRequest(
      { address: host.socket },
      "POST",
      `/v${apiVersion}${path}`,
      request,
    );
    if (status >= 300) throw new Error((JSON.parse(text) as { message: string }).message);
    return JSON.parse(text || "{}") as { Id: string };
  };
}

async function putFiles(
  host: EngineUnderTest,
  id: string,
  service: Service,
  files: ContainerFile[],
): Promise<void> {
  for (const upload of uploads(service, files)) {
    const request = { body: await filesTar(upload.files, upload.path), type: "application/x-tar" };
    const path = `/containers/${id}/archive?path=${encodeURIComponent(upload.path)}`;
    const { status, text } = await engineRequest({ address: host.socket }, "PUT", path, request);
    if (status >= 300) throw new Error(text);
  }
}
