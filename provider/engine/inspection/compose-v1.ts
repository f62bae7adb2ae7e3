/**
 * Containers that docker-compose 1.x, the Python version, created. Their config-hash is computed differently, so each
 * container is inspected and compared with what its service would be created with now. Defaults of engine, image and
 * that docker-compose are not differences.
 */
import { K2Error } from "../../shared/errors.js";
import { containersOf, serviceOf } from "../../model/reconcile/desired.js";
import type { ServiceInputs } from "../../model/kinds.js";
import { label } from "../../model/labels.js";
import { isUnknown } from "../../model/unknown.js";
import type { ObservedContainer } from "../../model/observed.js";
import { linkedServices, sharedServices } from "../../model/placement/affinity.js";
import { filesAt } from "../files/container-files.js";
import type { Engine } from "../connection/connect.js";
import { createCall } from "../containers/create.js";
import type { ContainerFile } from "../create-options/file-volumes.js";
import { findImage, inspectContainer } from "../observe/inspect.js";
import { inheritedDifferences } from "./compose-v1-differences.js";
import { contentsOf } from "../files/service-files.js";

export interface EngineNames {
  /** Engine names, by compose key. */
  networks: Record<string, string>;
  volumes: Record<string, string>;
  /** Containers of services whose namespaces or volumes are shared, if known; otherwise the existing ones. */
  shares?: Record<string, string[]>;
}

/**
 * Returns all containers; the service's containers from docker-compose 1.x carry `inherited`. Queries the engine only
 * if there are any.
 */
export async function judgeInherited(
  engine: Engine,
  inputs: ServiceInputs,
  names: EngineNames,
  containers: ObservedContainer[],
  signal?: AbortSignal,
): Promise<ObservedContainer[]> {
  const own = new Set(containersOf(containers, inputs.project, inputs.service).filter(isInherited));
  return Promise.all(
    containers.map(async (container) =>
      own.has(container)
        ? { ...container, inherited: await differing(engine, inputs, names, container, containers, signal) }
        : container,
    ),
  );
}

function isInherited({ labels }: ObservedContainer): boolean {
  return /^1\./.test(labels[label.version] ?? "");
}

async function differing(
  engine: Engine,
  inputs: ServiceInputs,
  { networks, volumes, shares = {} }: EngineNames,
  container: ObservedContainer,
  all: ObservedContainer[],
  signal?: AbortSignal,
): Promise<string[]> {
  const [there, image] = await Promise.all([
    inspectContainer(engine, container.id, signal),
    findImage(engine, container.imageId, signal),
  ]);
  const service = serviceOf(inputs, {});
  const sharers = [...sharedServices(service), ...linkedServices(service)].flatMap((name) => {
    const known = isUnknown(shares[name]) ? undefined : shares[name]?.[0];
    const id = known ?? containersOf(all, inputs.project, name)[0]?.id;
    return id === undefined ? [] : [[name, id] as const];
  });
  const containers = Object.fromEntries(sharers);
  const missing = sharedServices(service).filter((name) => containers[name] === undefined);
  if (missing.length > 0) return missing.map((name) => `what it shares with ${name}`);
  const { body, connect } = await createCall(engine, service, {
    project: inputs.project,
    service: inputs.service,
    number: Number(container.labels[label.number] ?? 1),
    naming: inputs.naming ?? "compose",
    ...{ name: container.name, finalName: container.name, image: inputs.image ?? "", labels: {}, carry: [] },
    ...{ networks, volumes, containers },
  });
  const comparison = { service, body, connect, there, image, networks: Object.values(networks) };
  return [
    ...inheritedDifferences(comparison),
    ...(await differingFiles(engine, container.id, contentsOf(inputs), signal)),
  ];
}

/**
 * Secrets were bind mounts of host files: the paths of those with the wrong content. docker-compose 1.x had no configs.
 */
async function differingFiles(
  engine: Engine,
  id: string,
  files: ContainerFile[],
  signal?: AbortSignal,
): Promise<string[]> {
  const differ: string[] = [];
  for (const { target, content } of files) {
    const [there] = (await filesAt(engine, id, target, signal).catch(unlessMounted)) ?? [];
    if (!there?.content.equals(content)) differ.push(target);
  }
  return differ;
}

/** The engine cannot read files of a container if one of its mounted files is missing. */
function unlessMounted(error: unknown): undefined {
  if (K2Error.is(error) && error.status !== undefined) return undefined;
  throw error;
}
