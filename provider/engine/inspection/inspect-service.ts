/** What lists do not tell of a service's containers: asked of the engine where there is something to ask. */
import type { ServiceInputs } from "../../model/kinds.js";
import type { ObservedContainer } from "../../model/observed.js";
import type { Engine } from "../connection/connect.js";
import { type EngineNames, judgeInherited } from "./compose-v1.js";
import { judgeNamespaces } from "./lost-namespaces.js";

/** All the containers; those of the service carry `inherited` and `lost` where they are so old, or cut off. */
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
