/** Networks that need what another network of the project still has: docs/decisions/changing-hands.md */
import type { NetworkContext, NetworkInputs } from "../kinds.js";
import { label } from "../labels.js";
import type { ObservedNetwork } from "../observed.js";
import { conflictBetween } from "../placement/exclusive-network.js";
import { reason, type Reason } from "../reasons.js";
import { mayChange } from "../ownership.js";

export interface NetworkTake {
  /** "subnet 10.0.0.0/24" */
  what: string;
  from: ObservedNetwork;
  /** The file has this network too: it is created again, with another definition. */
  stays: boolean;
}

/** A network of the project gives way if it left the file, or if its definition changed: two of a file conflict. */
export function networkTakesOf(
  inputs: NetworkInputs,
  { planned = {}, run }: Pick<NetworkContext, "planned" | "run">,
  networks: ObservedNetwork[],
): NetworkTake[] {
  if (inputs.external || inputs.driver === "overlay" || run.named) return [];
  const others = networks.filter(
    ({ name, labels }) =>
      name !== inputs.name &&
      labels[label.project] === inputs.project &&
      (planned[name] === undefined || planned[name] !== labels[label.configHash]) &&
      mayChange(labels, run),
  );
  return others.flatMap((from) => {
    const what = conflictBetween(inputs, from);
    return what === undefined ? [] : [{ what, from, stays: planned[from.name] !== undefined }];
  });
}

/** "takes subnet 10.0.0.0/24 from shop_back, which is removed first" */
export function networkTakeReasons(
  inputs: NetworkInputs,
  context: Pick<NetworkContext, "planned" | "run">,
  networks: ObservedNetwork[],
): Reason[] {
  return networkTakesOf(inputs, context, networks).map(({ what, from }) =>
    reason("takes", inputs.name, `takes ${what} from ${from.name}, which is removed first`),
  );
}
