/** Container names, which are unique on an engine. A user may have renamed or swapped those of our containers. */
import { K2Error } from "../../shared/errors.js";
import { KeyedQueue } from "../../shared/keyed-queue.js";
import { label } from "../../model/labels.js";
import { containerName } from "../../model/names.js";
import { shortId } from "../../model/images/digest.js";
import type { Engine } from "../connection/connect.js";
import { inspectContainer } from "../observe/inspect.js";
import { listContainers } from "../observe/list.js";

interface Owner {
  project: string;
  service: string;
}

/** Throws K2Error "conflict" if the name belongs to a container that must not be touched. */
export function renameContainer(
  engine: Engine,
  id: string,
  name: string,
  signal?: AbortSignal,
): Promise<unknown> {
  const rename = () => engine.post(`/containers/${id}/rename`, { query: { name }, signal });
  return serialized(engine, async () => {
    try {
      return await rename();
    } catch (error) {
      const { Config } = await inspectContainer(engine, id);
      const [project = "", service = ""] = [Config.Labels[label.project], Config.Labels[label.service]];
      if (!(await vacate(engine, name, { project, service }, error))) throw error;
      return rename();
    }
  });
}

/**
 * Performs a call that takes a name. If another container of the project has the name without owning it, renames that
 * container and retries once.
 */
export async function takingName<Result>(
  engine: Engine,
  name: string,
  owner: Owner,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(await serialized(engine, () => vacate(engine, name, owner, error)))) throw error;
    return work();
  }
}

/**
 * Renames a container whose name differs from its labels, in the way in which docker compose names replaced containers.
 * The container's own service later decides what happens to it.
 */
async function vacate(engine: Engine, name: string, owner: Owner, error: unknown): Promise<boolean> {
  if (!K2Error.is(error) || error.code !== "conflict") return false;
  const [holder] = await listContainers(engine, { all: true, filters: { name: [`^/${name}$`] } });
  if (!holder || !isMisnamed(name, holder.labels, owner)) return false;
  await engine.post(`/containers/${holder.id}/rename`, { query: { name: `${shortId(holder.id)}_${name}` } });
  return true;
}

function isMisnamed(name: string, labels: Record<string, string>, { project, service }: Owner): boolean {
  if (labels[label.project] !== project) return false;
  // Among a service's own containers the plan decides which one gets the name.
  const [other = "", number] = [labels[label.service], Number(labels[label.number])];
  if (other === service) return true;
  return ![
    containerName(project, other, number, "compose"),
    containerName(project, other, number, "legacy"),
  ].includes(name);
}

/** One after another, or one would move away what another has just named. */
function serialized<Result>(engine: Engine, work: () => Promise<Result>): Promise<Result> {
  return engine.memory.of(newQueue).run("names", work);
}

const newQueue = () => new KeyedQueue();
