/**
 * Services that follow one whose update fails: Pulumi does not reach them then. Containers in the namespaces of a restored
 * container, which was restarted, remain in a network without it; those that depend on it with `restart: true` remain
 * connected to containers that were replaced.
 */
import type { Engine } from "../../engine/connection/connect.js";
import { execute } from "../../engine/containers/execute.js";
import { canJoin, judgeNamespaces } from "../../engine/inspection/lost-namespaces.js";
import { observeProject, projectContainers } from "../../engine/observe/snapshot.js";
import { messageOf } from "../../shared/errors.js";
import { containersOf } from "../../model/reconcile/desired.js";
import type { Borrower, Follower, ServiceContext, ServiceInputs } from "../../model/kinds.js";
import type { ObservedContainer } from "../../model/observed.js";
import { type Operation, withoutUndo } from "../../model/reconcile/operations.js";
import { handle, isUp } from "../../model/reconcile/replace.js";
import { existingSteps } from "./container-steps.js";
import type { Call } from "../process/handler.js";
import { saying } from "./givers.js";

/** Does the work; if it fails, restarts the followers whose leader was restarted or replaced nevertheless. */
export async function withFollowers<T>(
  inputs: ServiceInputs,
  context: ServiceContext,
  call: Call,
  work: () => Promise<T>,
): Promise<T> {
  const { borrowers = [], followers = [] } = context;
  if (borrowers.length + followers.length === 0) return work();
  const engine = call.session.engine(inputs.host);
  const containers = await projectContainers(engine, inputs.project, { signal: call.signal });
  const before = new Set(containers.filter(isUp).map(({ id }) => id));
  const own = containersOf(containers, inputs.project, inputs.service);
  try {
    return await work();
  } catch (error) {
    // The run may have been cancelled: this is part of the rollback.
    const lasting = { ...call, signal: new AbortController().signal };
    const words: string[] = [];
    const attempt = async ({ service }: Borrower, done: Promise<string[]>) =>
      words.push(
        ...(await done.catch((second: unknown) => [`could not start ${service}: ${messageOf(second)}`])),
      );
    for (const borrower of borrowers)
      await attempt(borrower, rejoin({ ...inputs, ...borrower }, context, before, lasting));
    for (const follower of followers)
      await attempt(follower, follow(inputs, follower, context, own, lasting));
    throw words.length === 0 ? error : saying(error, words);
  }
}

/** `before`: the leader's containers. */
async function follow(
  leader: ServiceInputs,
  follower: Follower,
  context: ServiceContext,
  before: ObservedContainer[],
  call: Call,
): Promise<string[]> {
  const { project, service, host } = leader;
  const present = async (engine: Engine, name: string) => {
    return containersOf(await projectContainers(engine, project, { service: name }), project, name);
  };
  const now = new Set((await present(call.session.engine(host), service)).map(({ id }) => id));
  if (before.every(({ id }) => now.has(id))) return [];
  const engine = call.session.engine(follower.host);
  const words: string[] = [];
  for (const container of (await present(engine, follower.service)).filter(isUp)) {
    const cause = `${service} was replaced`;
    await startAgain(engine, container, cause, { ...leader, ...follower }, context, call);
    words.push(`${container.name}: ${cause}: restarted`);
  }
  return words;
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
    const cause = `had lost ${container.lost ?? "what it shares"}`;
    await startAgain(engine, container, cause, inputs, context, call);
    words.push(`${container.name} ${cause}: started again`);
  }
  return words;
}

async function startAgain(
  engine: Engine,
  container: ObservedContainer,
  cause: string,
  inputs: ServiceInputs,
  context: ServiceContext,
  call: Call,
): Promise<void> {
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
