/** Ownership: a container, network or volume carries the stack that created it. */
import { K2Error } from "../../shared/errors.js";
import type { HostRef, Run } from "../kinds.js";
import { label } from "../labels.js";
import { type Reason, reasonThat } from "../reasons.js";

type Claimant = Pick<Run, "stack" | "takeOver">;

/** This stack may change its own objects and those without a stack (of docker compose, or created by hand). */
export function mayChange(labels: Record<string, string>, run: Claimant): boolean {
  const owner = labels[label.stack];
  return owner === undefined || owner === run.stack || run.takeOver === true;
}

export interface Named {
  name: string;
  labels: Record<string, string>;
}

/** Returns a sentence for each existing object under a resource's name that makes `up` fail. */
export function refusedTakeOvers(existing: Named[], run: Claimant): Reason[] {
  const foreign = existing.filter(({ labels }) => !mayChange(labels, run));
  return foreign.map(({ name, labels }) =>
    reasonThat("foreign", name, `belongs to the stack ${labels[label.stack]}: refused without --take-over`),
  );
}

/** Throws a K2Error where it belongs to another stack. `what`: "container shop-web-1". */
export function assertOwnership(what: string, labels: Record<string, string>, host: HostRef, run: Run): void {
  if (mayChange(labels, run)) return;
  throw new K2Error("conflict", `${what} belongs to the stack ${labels[label.stack]}, not to ${run.stack}`, {
    at: host.name,
    hint: "Give this project another name, or take it over: k2-compose up --take-over, or pulumi config set k2-compose:takeOver true.",
  });
}
