/** Collects details of a service's containers that lists omit. Queries the engine only if necessary. */
import type { ServiceInputs } from "../../model/kinds.js";
import type { ObservedContainer } from "../../model/observed.js";
import type { Engine } from "../connection/connect.js";
import { type EngineNames, judgeInherited } from "./compose-v1.js";
import { judgeNamespaces } from "./lost-namespaces.js";

/**
 * Returns all containers; the service's containers carry `inherited` if docker-compose 1.x created them and `lost` if
 * their namespace is gone.
 */
export async function judge(
  engine: Engine,
  inputs: ServiceInputs,
  names: EngineNames,
  containers: ObservedContainer[],
  signal?: AbortSignal,
): Promise<ObservedContainer[]> {
  const known = await judgeInherited(engine, inputs, names, containers, signal);
  return judgeNamespaces(engine, inputs, known, signal);
}
