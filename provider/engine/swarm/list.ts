/** Lists what a manager knows of its swarm. Workers answer with 503. */
import type {
  ObservedCluster,
  ObservedConfig,
  ObservedNode,
  ObservedSwarmService,
  ObservedTask,
} from "../../model/swarm/observed.js";
import type { Engine } from "../connection/connect.js";
import { findNetwork } from "../observe/inspect.js";
import { type Filters, filterQuery, listNetworks } from "../observe/list.js";
import * as answer from "./answers.js";

interface Listing {
  filters?: Filters;
  signal?: AbortSignal | undefined;
}

/** Without the tokens of the swarm. */
export async function inspectCluster(manager: Engine, signal?: AbortSignal): Promise<ObservedCluster> {
  return answer.observedCluster(await readCluster(manager, signal));
}

export function readCluster(manager: Engine, signal?: AbortSignal): Promise<answer.Cluster> {
  return manager.get("/swarm", { signal, shape: answer.shapes.cluster });
}

export async function listServices(
  manager: Engine,
  { filters, signal }: Listing = {},
): Promise<ObservedSwarmService[]> {
  const call = { query: filterQuery(filters), signal, shape: answer.shapes.services };
  const found = await manager.get<answer.Service[]>("/services", call);
  return found.map(answer.observedService);
}

/** Tasks of services; the engine knows the service and the prefix of a name without a scan of all tasks. */
export async function listTasks(manager: Engine, { filters, signal }: Listing = {}): Promise<ObservedTask[]> {
  const call = { query: filterQuery(filters), signal, shape: answer.shapes.tasks };
  const found = await manager.get<answer.Task[]>("/tasks", call);
  return found.map(answer.observedTask);
}

/** Names by ids of the swarm's networks that services use: no list contains the network "host" of a swarm. */
export async function networkNames(
  manager: Engine,
  services: ObservedSwarmService[],
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  const listed = await listNetworks(manager, { filters: { scope: ["swarm"] }, signal });
  const names = new Map(listed.map(({ id, name }) => [id, name]));
  const used = services.flatMap(({ spec }) => (spec.TaskTemplate.Networks ?? []).map(({ Target }) => Target));
  for (const id of new Set(used)) {
    const found = names.has(id) ? undefined : await findNetwork(manager, id, signal);
    if (found) names.set(id, found.Name);
  }
  return Object.fromEntries(names);
}

export async function listNodes(manager: Engine, { filters, signal }: Listing = {}): Promise<ObservedNode[]> {
  const found = await readNodes(manager, { ...(filters && { filters }), signal });
  return found.map(answer.observedNode);
}

export function readNodes(manager: Engine, { filters, signal }: Listing = {}): Promise<answer.Node[]> {
  return manager.get("/nodes", { query: filterQuery(filters), signal, shape: answer.shapes.nodes });
}

export type ObjectKind = "configs" | "secrets";

/** The data of secrets is in no answer. */
export async function listObjects(
  manager: Engine,
  kind: ObjectKind,
  { filters, signal }: Listing = {},
): Promise<ObservedConfig[]> {
  const call = { query: filterQuery(filters), signal, shape: answer.shapes.objects };
  const found = await manager.get<answer.Config[]>(`/${kind}`, call);
  return found.map(answer.observedConfig);
}
