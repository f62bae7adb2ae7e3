/** What Pulumi does with `--continue-on-error` after a resource has failed: it goes on to delete what left the program. */
import type { Output } from "@pulumi/pulumi/output.js";
import { skippedServices } from "../model/changes/blocked.js";
import { leftAsTheyAre } from "../model/history/rollback.js";
import type { Plan } from "../model/plan/node.js";
import { runVariable } from "../shared/run-handover.js";
import type { K2Resource } from "./index.js";

/** By which a program tells Pulumi that it failed, and that all has been said. */
const saidAlready = 32;

/**
 * Makes the program fail, once everything is registered, if something did not come about: then nothing is deleted. The
 * state of a resource that was skipped would refer to what is gone, and Pulumi refuses such a state for ever after; and a
 * service whose new host fails would be removed from its old one. Pulumi does not say what it skips either: this does.
 */
export function failIfUnmet(plan: Plan, resources: Map<string, K2Resource>): void {
  settling.push(lookAtAll(plan, resources));
}

const settling: Promise<void>[] = [];

/** All that is registered has come about, or the program has failed. */
export async function settled(): Promise<void> {
  await Promise.all(settling);
}

async function lookAtAll(plan: Plan, resources: Map<string, K2Resource>): Promise<void> {
  const unmet = new Set<string>();
  const look = async ([id, resource]: [string, K2Resource]) => {
    if (!(await isMet(resource))) unmet.add(id);
  };
  await Promise.all([...resources].map(look));
  if (unmet.size === 0) return;
  process.exitCode = saidAlready;
  for (const line of skippedServices(plan, unmet)) console.warn(line);
  // `k2-compose up` does it.
  if (process.env[runVariable] === undefined)
    for (const line of leftAsTheyAre(plan, unmet)) console.warn(line);
}

/** Whether this run left it as the file wants it. */
export async function isMet(resource: K2Resource): Promise<boolean> {
  const { isKnown } = resource.unwritten as Output<undefined> & { isKnown: Promise<boolean> };
  // Where Pulumi is shutting down, nobody asks.
  return isKnown.catch(() => true);
}
