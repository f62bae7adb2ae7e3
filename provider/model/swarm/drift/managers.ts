import { type Reason, reason } from "../../reasons.js";
import type { HostRef } from "../../host-ref.js";

interface OnSwarm {
  context: { managers: HostRef[] };
  outputs: { managers?: HostRef[] };
}

/** A state whose managers are all gone could not be refreshed or deleted. */
export function managersMoved(subject: string, { context, outputs }: OnSwarm): Reason[] {
  const { managers: before } = outputs;
  if (!before || before.some(({ address }) => context.managers.some((now) => now.address === address)))
    return [];
  const names = context.managers.map(({ name }) => name).join(", ");
  return [reason("swarm", subject, `${subject} is now managed by ${names}`)];
}
