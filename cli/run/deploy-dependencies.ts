/** Deploys what a one-off container needs: networks, volumes, its image, and the dependencies of its service. */
import { passGate } from "../../provider/engine/containers/gate.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { Change } from "../../provider/model/changes/compare.js";
import type { Gate } from "../../provider/model/kinds.js";
import { isKind } from "../../provider/model/plan/node.js";
import { imageNamed } from "../../provider/model/images/find-image.js";
import { follows } from "../../provider/model/images/pull-policy.js";
import { deployChanges } from "../up/deploy-changes.js";
import type { Context } from "../application/context.js";
import type { LiveService } from "../application/live-application.js";
import type { ChangeOptions, QuietOptions } from "../changes/change-options.js";
import { type ComputedChanges, computeChanges } from "../changes/compute-changes.js";
import { targetUrns } from "../changes/plan-targets.js";

type DependencyOptions = Pick<ChangeOptions, "deps" | "build" | "pull"> & QuietOptions;

/** Deploys missing resources, and waits for dependencies. Returns the context to continue with. */
export async function deployDependencies(
  context: Context,
  live: LiveService,
  wish: DependencyOptions,
): Promise<Context> {
  const name = `${live.service}@${live.host.name}`;
  const all = await computeChanges(context, { patterns: [name], options: wish });
  const seen = withoutNodes(all, new Set([`service ${name}`, `healthCheck ${name}`]));
  const missing = seen.changes.filter((change) => {
    const { id, action, host } = change;
    const isThere =
      ["same", "adopt", "forget", "remove"].includes(action) || hasUsableImage(seen, change, wish);
    // A container does not need the hosts and the images of the stack as such.
    return !isThere && host !== undefined && !id.startsWith("host ") && !id.startsWith("healthCheck ");
  });
  if (missing.length > 0) {
    if (!seen.workspace.plain)
      throw customProgramError(
        live.service,
        missing.map(({ id }) => id),
      );
    await deployChanges(context, seen, targetUrns(seen, seen.ids), { json: false });
  }
  for (const gate of gatesOf(all, name))
    await passGate(gate, {
      session: await context.session(),
      signal: context.signal,
      progress: () => undefined,
      warn: (text) => context.out.warn(text),
    });
  return context.fresh();
}

function withoutNodes(seen: ComputedChanges, own: Set<string>): ComputedChanges {
  return {
    ...seen,
    ids: new Set([...seen.ids].filter((id) => !own.has(id))),
    changes: seen.changes.filter(({ id }) => !own.has(id)),
  };
}

/**
 * Accepts existing resources of any version, also those of docker compose. As in docker compose, `run` builds or
 * pulls only when asked to.
 */
function hasUsableImage(
  { plan, snapshots }: ComputedChanges,
  change: Change,
  wish: DependencyOptions,
): boolean {
  const node = plan.nodes.filter(isKind("hostImage")).find(({ id }) => id === change.id);
  if (!node || wish.build) return false;
  const { image, host } = node.inputs;
  const there = imageNamed(snapshots.get(host.name)?.images ?? [], image);
  return !follows(wish.pull ?? node.context.pull_policy) && there !== undefined;
}

function gatesOf({ plan }: ComputedChanges, name: string): Gate[] {
  return plan.nodes.filter(isKind("service")).find((node) => node.name === name)?.context.gates ?? [];
}

/** The changes of a custom program are unknown, and it deploys more than this service. */
function customProgramError(service: string, missing: string[]): K2Error {
  return new K2Error("not-found", `${service} needs resources that are not deployed: ${missing.join(", ")}`, {
    hint: "This Pulumi project has a custom program: run `pulumi up` first.",
  });
}
