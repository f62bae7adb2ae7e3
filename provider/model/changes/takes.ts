/**
 * A service that needs a port, an address or a name takes it from another service of the project that still has it:
 * docs/decisions/changing-hands.md
 */
import type { ServiceContext, ServiceInputs } from "../kinds.js";
import { label } from "../labels.js";
import type { HostSnapshot, ObservedContainer } from "../observed.js";
import { type Exclusive, exclusivesOf, heldBy, isSame, printExclusive } from "../placement/exclusive.js";
import { reasonThat, type Reason } from "../reasons.js";
import type { Take } from "../reconcile/desired-service.js";
import { type Operations, operationsOf } from "../reconcile/operations.js";
import { handle } from "../reconcile/replace.js";
import { mayChange } from "../ownership.js";

export interface Taking extends Take {
  thing: Exclusive;
}

/** No two services of a plan need the same, except the undisturbed ones: the other one has given it up, or left the file. */
export function takesOf(
  inputs: ServiceInputs,
  { networks, undisturbed = [], run }: Pick<ServiceContext, "networks" | "undisturbed" | "run">,
  containers: ObservedContainer[],
): Taking[] {
  // Without recreation, the other one would start again with its old configuration.
  if (inputs.replicas === 0 || run.noRecreate) return [];
  const wanted = exclusivesOf(inputs, networks);
  const mayTakeFrom = ({ labels, state }: ObservedContainer) => {
    const service = labels[label.service] ?? inputs.service;
    const isOther = labels[label.project] === inputs.project && service !== inputs.service;
    const isItsOwn = labels[label.oneoff] === "True" || state === "removing";
    const isInRun = run.named?.includes(service) ?? true;
    return isOther && !isItsOwn && isInRun && !undisturbed.includes(service) && mayChange(labels, run);
  };
  const others = wanted.length === 0 ? [] : containers.filter(mayTakeFrom);
  return others.flatMap((container) =>
    wanted
      .filter((thing) => heldBy(container).some((held) => isSame(thing, held)))
      .filter(({ kind }) => kind === "name" || !run.noStart)
      .map((thing): Taking => ({
        thing,
        what: printExclusive(thing),
        from: container.labels[label.service] ?? "",
        container: handle(container),
        by: thing.kind === "name" ? "rename" : "stop",
      })),
  );
}

/** Adds what the start of a container takes from others. */
export function withTakes(takes: Take[], operations: Operations): Operations {
  const isTaking = operationsOf(operations).some(({ op }) => op === "create" || op === "start");
  return isTaking ? { ...operations, reasons: [...operations.reasons, ...sentencesOf(takes)] } : operations;
}

export function takeReasons(
  inputs: ServiceInputs,
  context: Parameters<typeof takesOf>[1],
  { containers }: Pick<HostSnapshot, "containers">,
): Reason[] {
  return sentencesOf(takesOf(inputs, context, containers));
}

/** "web stops first (port 8080)" */
function sentencesOf(takes: Take[]): Reason[] {
  const verbs = { stop: "stops first", rename: "gives up its name first" };
  const sentences = takes.map(({ from, by }) => ({ from, by, verb: verbs[by] }));
  const distinct = sentences.filter(
    ({ from, by }, at) => sentences.findIndex((one) => one.from === from && one.by === by) === at,
  );
  return distinct.map(({ from, by, verb }) => {
    const own = takes.filter((take) => take.from === from && take.by === by);
    return reasonThat("takes", from, `${verb} (${[...new Set(own.map(({ what }) => what))].join(", ")})`);
  });
}
