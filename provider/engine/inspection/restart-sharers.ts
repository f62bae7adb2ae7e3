/** Containers in namespaces of a container that was started again. They are found on the engine, whatever created them. */
import { isUp } from "../../model/reconcile/replace.js";
import type { Engine } from "../connection/connect.js";
import { findContainer } from "../observe/inspect.js";
import { projectContainers } from "../observe/snapshot.js";
import { lendersIn } from "./lost-namespaces.js";

/** Restarts them, so that they join its present namespaces; and those in their namespaces. */
export async function restartSharers(
  engine: Engine,
  project: string,
  id: string,
  stopTimeout?: number,
): Promise<void> {
  const containers = await projectContainers(engine, project);
  const inspected = await Promise.all(containers.filter(isUp).map((one) => findContainer(engine, one.id)));
  const lender = await findContainer(engine, id);
  const names = [id, lender?.Name.slice(1)];
  for (const sharer of inspected) {
    if (!sharer || sharer.Id === id || !lendersIn(sharer).some((one) => names.includes(one))) continue;
    const query = { t: stopTimeout };
    await engine.post(`/containers/${sharer.Id}/restart`, { query, ok: [404], timeout: 24 * 3600_000 });
    await restartSharers(engine, project, sharer.Id, stopTimeout);
  }
}
