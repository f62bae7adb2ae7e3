/** Runs `pre_start` hooks: each in a container of its own, with the volumes and networks of a container of the service. */
import type { Naming, Service } from "../../compose/types.js";
import { shortId } from "../../model/images/digest.js";
import { composeVersion, label } from "../../model/labels.js";
import { containerName } from "../../model/names.js";
import type { OnStep } from "../../model/steps.js";
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { inspectContainer } from "../observe/inspect.js";
import { listContainers } from "../observe/list.js";
import { containerCreate } from "./create-body.js";
import { connectNetworks, createContainer } from "./create.js";
import { lastWords } from "./wait.js";

type Hook = NonNullable<Service["pre_start"]>[number];

interface Owner {
  project: string;
  service: string;
  naming?: Naming | undefined;
}

interface HookContext extends Owner {
  definition: Pick<
    Service,
    "pre_start" | "container_name" | "environment" | "mac_address" | "network_mode" | "networks"
  >;
  /** The service's image, by name. */
  image: string;
  /** Compose key -> engine network name. */
  networks: Record<string, string>;
  stack?: string | undefined;
}

interface Options {
  signal?: AbortSignal | undefined;
  progress?: OnStep;
}

const hookType = "pre_start";

/**
 * Runs the hooks one after another, before the container starts. Throws K2Error "unhealthy" at the first that fails; its
 * container is kept for inspection until the next run, as docker compose keeps it.
 */
export async function runPreStart(
  engine: Engine,
  container: string,
  context: HookContext,
  hooks: number[],
  options: Options,
): Promise<void> {
  await removePreStart(engine, context, options.signal);
  for (const index of hooks) {
    const hook = context.definition.pre_start?.[index];
    if (hook) await runHook(engine, container, context, { hook, index }, options);
  }
}

/** Removes the containers of hooks that failed, or that a killed run has left. */
export async function removePreStart(
  engine: Engine,
  { project, service }: Owner,
  signal?: AbortSignal,
): Promise<void> {
  const labels = [`${label.project}=${project}`, `${label.service}=${service}`, `${label.hook}=${hookType}`];
  const left = await listContainers(engine, { all: true, filters: { label: labels }, signal });
  for (const { id } of left) await remove(engine, id);
}

async function runHook(
  engine: Engine,
  container: string,
  context: HookContext,
  { hook, index }: { hook: Hook; index: number },
  { signal, progress }: Options,
): Promise<void> {
  const words = (hook.command ?? []).join(" ");
  const text = `pre_start: ${words || hook.image || context.image}`;
  progress?.({ op: "hook", host: engine.host.name, text });
  const id = await createHook(engine, container, context, hook, signal);
  const exitCode = await completion(engine, id, signal).catch(async (error: unknown) => {
    await remove(engine, id).catch(() => undefined);
    throw error;
  });
  if (exitCode === 0) return remove(engine, id);
  throw new K2Error("unhealthy", `pre_start[${index}] of ${context.service} exited with ${exitCode}`, {
    at: engine.host.name,
    hint: `${await lastWords(engine, id, { Tty: false })}\n  Its container ${shortId(id)} is kept for inspection until the next \`up\` or \`down\`.`,
  });
}

async function createHook(
  engine: Engine,
  container: string,
  context: HookContext,
  hook: Hook,
  signal?: AbortSignal,
): Promise<string> {
  const { project, service, naming = "compose", definition, stack } = context;
  const { network_mode, networks, mac_address, environment } = definition;
  const { HostConfig } = await inspectContainer(engine, container, signal);
  // The namespace of another service's container, whose id was resolved when this container was created.
  const mode = HostConfig.NetworkMode?.startsWith("container:") ? HostConfig.NetworkMode : network_mode;
  const { command, user, privileged, working_dir } = hook;
  const wanted: Service = {
    command,
    entrypoint: null,
    environment: { ...environment, ...hook.environment },
    volumes_from: [`container:${container}`],
    ...(user !== undefined && { user }),
    ...(privileged !== undefined && { privileged }),
    ...(working_dir !== undefined && { working_dir }),
    ...(mode !== undefined && { network_mode: mode }),
    ...(networks && { networks }),
    ...(mac_address !== undefined && { mac_address }),
  };
  const name = definition.container_name ?? containerName(project, service, 0, naming);
  const { body, connect } = containerCreate(wanted, {
    ...{ project, service, number: 0, naming, name, finalName: name },
    image: hook.image || context.image,
    labels: {
      [label.project]: project,
      [label.service]: service,
      [label.version]: composeVersion,
      [label.hook]: hookType,
      ...(stack !== undefined && { [label.stack]: stack }),
    },
    ...{ networks: context.networks, volumes: {}, containers: {}, carry: [] },
    apiVersion: await engine.apiVersion(),
  });
  const id = await createContainer(engine, { body }, signal);
  try {
    await connectNetworks(engine, id, connect, signal);
  } catch (error) {
    await remove(engine, id).catch(() => undefined);
    throw error;
  }
  return id;
}

async function completion(engine: Engine, id: string, signal?: AbortSignal): Promise<number> {
  await engine.post(`/containers/${id}/start`, { ok: [304], signal });
  const call = { timeout: 24 * 3600_000, signal };
  const { StatusCode } = await engine.post<{ StatusCode: number }>(`/containers/${id}/wait`, call);
  return StatusCode;
}

/** Includes its anonymous volumes; those of the service's container are in use by that container. */
async function remove(engine: Engine, id: string): Promise<void> {
  await engine.delete(`/containers/${id}`, { query: { force: true, v: true }, ok: [404, 409] });
}
