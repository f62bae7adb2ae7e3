/** Who may change what: a container, network or volume carries the stack that made it. */
import { containersOf } from "../reconcile/desired.js";
import type { NetworkInputs, Run, ServiceInputs, VolumeInputs } from "../kinds.js";
import { label } from "../labels.js";
import type { HostSnapshot } from "../observed.js";
import type { PlanNode } from "../plan/node.js";
import { type Reason, reasonThat } from "../reasons.js";

type Claimant = Pick<Run, "stack" | "takeOver">;

/** Whoever created it: nobody we know of (docker compose, a person) and this stack may change it; another stack not. */
export function mayChange(labels: Record<string, string>, run: Claimant): boolean {
  const owner = labels[label.stack];
  return owner === undefined || owner === run.stack || run.takeOver === true;
}

/** Of what is there under a resource's name: a sentence for each that `up` would be refused for. */
export function whatIsRefused(
  { kind, inputs }: Pick<PlanNode, "kind" | "inputs">,
  seen: HostSnapshot,
  run: Claimant,
): Reason[] {
  const foreign = there(kind, inputs, seen).filter(({ labels }) => !mayChange(labels, run));
  return foreign.map(({ name, labels }) =>
    reasonThat("foreign", name, `belongs to the stack ${labels[label.stack]}: refused without --take-over`),
  );
}

function there(kind: string, inputs: unknown, { networks, volumes, containers }: HostSnapshot) {
  if (kind === "service") {
    const { project, service } = inputs as ServiceInputs;
    return containersOf(containers, project, service);
  }
  if (kind !== "network" && kind !== "volume") return [];
  const { name: wanted, external } = inputs as NetworkInputs | VolumeInputs;
  const all: { name: string; labels: Record<string, string> }[] = kind === "network" ? networks : volumes;
  return external ? [] : all.filter(({ name }) => name === wanted);
}
