import { closeAll, connect } from "../../provider/engine/connection/connect.js";
import type { EngineNames } from "../../provider/engine/inspection/compose-v1.js";
import { judge } from "../../provider/engine/inspection/inspect-service.js";
import type { HostRef, ServiceInputs } from "../../provider/model/kinds.js";
import type { HostSnapshot } from "../../provider/model/observed.js";
import type { Plan } from "../../provider/model/plan/node.js";

/** What is seen, and of services' containers what lists do not tell. */
export async function judgeAll(
  { nodes }: Plan,
  sights: Map<string, HostSnapshot>,
  { signal, reach }: { signal: AbortSignal; reach: (host: HostRef) => HostRef },
): Promise<Map<string, HostSnapshot>> {
  const judged = new Map(sights);
  for (const { kind, inputs, context } of nodes) {
    const service = inputs as ServiceInputs;
    const seen = kind === "service" ? judged.get(service.host.name) : undefined;
    if (!seen) continue;
    const engine = connect(reach(service.host));
    // Engine names are known without any output.
    const names = context as EngineNames;
    const containers = await judge(engine, service, names, seen.containers, signal);
    judged.set(service.host.name, { ...seen, containers });
  }
  await closeAll();
  return judged;
}
