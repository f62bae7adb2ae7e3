/** Fails the program if a resource failed, because with `--continue-on-error` Pulumi would still delete removed resources. */
import type { Plan } from "../model/plan/node.js";
import type { Registered } from "./registered.js";

/** The exit code by which a program tells Pulumi that it failed and has already reported the errors. */
const alreadyReported = 32;

interface Report {
  /** Whether to report containers that stay as they are. `k2-compose up` prints them itself. */
  reportKept: boolean;
}

/**
 * Makes the program fail, once everything is registered, if a resource failed or was skipped: then Pulumi deletes nothing.
 * Otherwise the state of a skipped resource would refer to a deleted one, and Pulumi rejects such a state from then on; and a
 * service that fails on its new host would be removed from its old one. Also reports skipped services, which Pulumi does not.
 */
export function failIfUnmet(plan: Plan, resources: Map<string, Registered>, { reportKept }: Report): void {
  checks.push(reportUnmet(plan, resources, reportKept));
}

const checks: Promise<void>[] = [];

/** Resolves when every registered resource is done, or the program has failed. */
export async function allChecked(): Promise<void> {
  await Promise.all(checks);
}

async function reportUnmet(
  plan: Plan,
  resources: Map<string, Registered>,
  reportKept: boolean,
): Promise<void> {
  const unmet = new Set<string>();
  const check = async ([id, { isMet }]: [string, Registered]) => {
    if (!(await isMet)) unmet.add(id);
  };
  await Promise.all([...resources].map(check));
  if (unmet.size === 0) return;
  process.exitCode = alreadyReported;
  // Loaded only after a failure.
  const { skippedServices } = await import("../model/changes/blocked.js");
  for (const line of skippedServices(plan, unmet)) console.warn(line);
  if (!reportKept) return;
  const { notRolledBack } = await import("../model/history/rollback.js");
  for (const line of notRolledBack(plan, unmet)) console.warn(line);
}
