import { readFile } from "node:fs/promises";
import type { Service } from "../../compose/types.js";
import { withId } from "../connection/answer-shape.js";
import type { Engine } from "../connection/connect.js";
import { readDockerConfig } from "../connection/docker-config.js";
import {
  type ContainerContext,
  type ContainerCreate,
  containerCreate,
  proxyEnvironment,
  seccompProfiles,
} from "./create-body.js";

/** Returns the create call of one container, with the inputs that come from its engine and from this machine. */
export async function createCall(
  engine: Engine,
  service: Service,
  context: Omit<ContainerContext, "apiVersion" | "environment" | "profiles">,
): Promise<ContainerCreate> {
  const { proxies } = await readDockerConfig(engine.env);
  return containerCreate(service, {
    ...context,
    environment: proxyEnvironment(proxies, engine.host.address),
    apiVersion: await engine.apiVersion(),
    profiles: await readProfiles(service.security_opt),
  });
}

/** Seccomp profiles are files of the operator's machine; the engine needs their content. */
async function readProfiles(options: string[] = []): Promise<Record<string, string>> {
  const profiles: Record<string, string> = {};
  for (const path of seccompProfiles(options)) profiles[path] = await readFile(path, "utf8");
  return profiles;
}

/** Creates a container and returns its id. */
export async function createContainer(
  engine: Engine,
  { query, body }: Pick<ContainerCreate, "body"> & { query?: Record<string, string> },
  signal?: AbortSignal,
): Promise<string> {
  const { Id } = await engine.post<{ Id: string }>("/containers/create", {
    query,
    body,
    signal,
    shape: withId,
  });
  return Id;
}

/** Calls between create and start: engines before API 1.44 accept one network at creation. */
export async function connectNetworks(
  engine: Engine,
  id: string,
  connect: ContainerCreate["connect"],
  signal?: AbortSignal,
): Promise<void> {
  for (const { network, body } of connect) {
    const path = `/networks/${encodeURIComponent(network)}/connect`;
    await engine.post(path, { body: { Container: id, ...body }, signal });
  }
}
