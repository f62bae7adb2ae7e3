/** Who may change what: a container, network or volume carries the stack that made it. */
import type { Run } from "../kinds.js";
import { label } from "../labels.js";
import { type Reason, reasonThat } from "../reasons.js";

type Claimant = Pick<Run, "stack" | "takeOver">;

/** Whoever created it: nobody we know of (docker compose, a person) and this stack may change it; another stack not. */
export function mayChange(labels: Record<string, string>, run: Claimant): boolean {
  const owner = labels[label.stack];
  return owner === undefined || owner === run.stack || run.takeOver === true;
}

export interface Named {
  name: string;
  labels: Record<string, string>;
}

/** Of what is there under a resource's name: a sentence for each that `up` would be refused for. */
export function whatIsRefused(existing: Named[], run: Claimant): Reason[] {
  const foreign = existing.filter(({ labels }) => !mayChange(labels, run));
  return foreign.map(({ name, labels }) =>
    reasonThat("foreign", name, `belongs to the stack ${labels[label.stack]}: refused without --take-over`),
  );
}
