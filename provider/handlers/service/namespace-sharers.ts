/**
 * Containers that share namespaces of a service whose update fails: Pulumi does not reach their own services then. The
 * restored container was restarted, and they remain in a network without it.
 */
import type { Engine } from "../../engine/connection/connect.js";
import { execute } from "../../engine/containers/execute.js";
import { canJoin, judgeNamespaces } from "../../engine/inspection/lost-namespaces.js";
import { observeProject } from "../../engine/observe/snapshot.js";
import { messageOf } from "../../shared/errors.js";
import { containersOf } from "../../model/reconcile/desired.js";
import type { Borrower, ServiceContext, ServiceInputs } from "../../model/kinds.js";
import type { ObservedContainer } from "../../model/observed.js";
import { type Operation, withoutUndo } from "../../model/reconcile/operations.js";
import { handle, isUp } from "../../model/reconcile/replace.js";
import { existingSteps } from "./container-steps.js";
import type { Call } from "../process/handler.js";
import { saying } from "./givers.js";

/** Does the work; if it fails, restarts containers in the service's namespaces, so that they join the present ones. */
export async function withNamespaceSharers<T>(
  inputs: ServiceInputs,
  context: ServiceContext,
  call: Call,
  work: () => Promise<T>,
): Promise<T> {
  const { borrowers = [] } = context;
  if (borrowers.length === 0) return work();
  const { containers } = await observeProject(call.session.engine(inputs.host), inputs.project, call.signal);
  const before = new Set(containers.filter(isUp).map(({ id }) => id));
  try {
    return await work();
  } catch (error) {
    // The run may have been cancelled: this is part of the rollback.
    const lasting = { ...call, signal: new AbortController().signal };
    const words: string[] = [];
    for (const borrower of borrowers) {
      const done = rejoin({ ...inputs, ...borrower }, context, before, lasting);
      words.push(
        ...(await done.catch((second: unknown) => [
          `could not start ${borrower.service}: ${messageOf(second)}`,
        ])),
      );
    }
    throw words.length === 0 ? error : saying(error, words);
  }
}

/** `inputs`: those of the lender, with the borrower's name and hooks. */
async function rejoin(
  inputs: ServiceInputs & Borrower,
  context: ServiceContext,
  before: Set<string>,
  call: Call,
): Promise<string[]> {
  const engine = call.session.engine(inputs.host);
  const seen = await observeProject(engine, inputs.project);
  const borrowing = { ...inputs, network_mode: `service:${inputs.service}` };
  const judged = await judgeNamespaces(engine, borrowing, seen.containers);
  const own = containersOf(judged, inputs.project, inputs.service).filter(({ id }) => before.has(id));
  const words: string[] = [];
  for (const container of own) {
    if (isUp(container) && container.lost === undefined) continue;
    if (!(await canJoin(engine, container.id))) continue;
    await startAgain(engine, container, inputs, context, call);
    words.push(`${container.name} ${causeOf(container)}: started again`);
  }
  return words;
}

function causeOf({ lost = "what it shares" }: ObservedContainer): string {
  return `had lost ${lost}`;
}

async function startAgain(
  engine: Engine,
  container: ObservedContainer,
  inputs: ServiceInputs,
  context: ServiceContext,
  call: Call,
): Promise<void> {
  const cause = causeOf(container);
  const steps: Operation[] = [
    ...(isUp(container) ? [{ op: "stop", container: handle(container), cause } as const] : []),
    { op: "start", container: handle(container), wait: "started", cause },
  ];
  const containerSteps = existingSteps({ inputs, engine, call });
  const operations = { summary: "", reasons: [], kept: [], stages: [[withoutUndo(steps)]] };
  await execute(engine, operations, containerSteps, {
    onStep: call.progress,
    stopTimeout: context.run.stopTimeout,
  });
}
