/** `up`: computes the changes, shows and confirms them, and deploys them. */
import { K2Error } from "../../provider/shared/errors.js";
import { isForeign, takeOverHint } from "../../provider/model/ownership.js";
import { label } from "../../provider/model/labels.js";
import { isQuiet } from "../terminal/colour.js";
import { withNotice } from "../terminal/redraw.js";
import { confirm } from "../terminal/confirm.js";
import type { Context } from "../application/context.js";
import { type AttachOptions, assertServicesExist, isAttached } from "./attach-options.js";
import type { ChangeOptions, QuietOptions } from "../changes/change-options.js";
import { printComputedChanges } from "../changes/summary.js";
import { type ComputedChanges, computeChanges } from "../changes/compute-changes.js";
import { targetsOf } from "../changes/registrations.js";

export interface UpOptions extends ChangeOptions, AttachOptions, QuietOptions {
  yes?: boolean;
  json?: boolean;
}

export interface UpResult {
  seen: ComputedChanges;
  /** When the deployment started, as milliseconds since the epoch. */
  at: number;
  /** Hosts that did not answer. */
  silent: string[];
}

/** Undefined where the user declines. */
export async function runUp(
  given: Context,
  args: string[],
  options: UpOptions,
): Promise<UpResult | undefined> {
  const context = await given.withProfilesOf(args);
  const compute = () => computeChanges(context, { patterns: args, options });
  const computed = await withNotice(context.out.redrawn, "Comparing files, state and hosts", compute);
  const seen = await withTakeOver(context, computed);
  assertServicesExist(seen, options);
  const { progress } = context.options;
  const isPrinted = !options.json && !options.quiet && progress !== "json" && !isQuiet(progress);
  const isWhole = (await context.stateDamage()) === undefined;
  const isIdle = isWhole && seen.changes.every(({ action }) => action === "same") && seen.workspace.plain;
  if (isPrinted && (!isIdle || seen.away.size > 0)) printComputedChanges(context.out, seen, false);
  if (isIdle) {
    if (isPrinted) for (const text of seen.orphans) context.out.warn(text);
    if (isPrinted) context.out.note(`Nothing to do: ${inventory(seen)}.`);
    return { seen, at: Date.now(), silent: [...seen.away.keys()] };
  }
  if (!(await isConfirmed(context, seen, options))) return undefined;
  const at = Date.now();
  const { deployChanges } = await import("./deploy-changes.js");
  const silent = await deployChanges(context, seen, targetsOf(seen), {
    json: options.json ?? false,
    followed: isAttached(options),
  });
  return { seen, at, silent: [...silent] };
}

/** Objects of another stack are taken over only on request: nothing else is done before. */
async function withTakeOver(context: Context, seen: ComputedChanges): Promise<ComputedChanges> {
  const reasons = seen.changes.flatMap((change) => change.reasons.filter(({ code }) => code === "foreign"));
  if (reasons.length === 0) {
    if (seen.state === undefined) await tellOfFoundContainers(context, seen);
    return seen;
  }
  const what = [...new Set(reasons.map(({ text }) => text))].join("\n  ");
  if (!context.interactive) throw new K2Error("conflict", what, { hint: takeOverHint });
  context.out.warn(what);
  if (!(await confirm(context, "Going to take them over from the other stack.")))
    throw new K2Error("declined", "nothing was taken over");
  const { patterns, options } = seen.request;
  return computeChanges(context, { patterns, options: { ...options, takeOver: true } });
}

async function tellOfFoundContainers(context: Context, { snapshots }: ComputedChanges): Promise<void> {
  const own = await context.claimant();
  const all = [...snapshots.values()].flatMap(({ containers }) => containers);
  const found = all.filter(({ labels }) => labels[label.stack] === own?.stack && !isForeign(labels, own));
  if (own === undefined || found.length === 0) return;
  const count = found.length === 1 ? "1 container" : `${found.length} containers`;
  context.out.note(`${own.stack} has no state: ${count} found by labels, deployed from the same folder.`);
}

/** "3 services on 2 hosts up to date" */
function inventory({ changes, away }: ComputedChanges): string {
  const count = (kind: string) =>
    changes.filter((change) => change.kind === kind && !away.has(change.host ?? "")).length;
  const [services, hosts] = [count("service") + count("swarmService"), count("host")];
  return `${services} service${services === 1 ? "" : "s"} on ${hosts} host${hosts === 1 ? "" : "s"} up to date`;
}

/** Changes that only add need no confirmation. Without a terminal, the answer is yes, as in docker compose. */
async function isConfirmed(
  context: Context,
  { project, changes }: ComputedChanges,
  { yes, json }: UpOptions,
): Promise<boolean> {
  const replaces = changes.some(
    ({ action, reasons }) =>
      ["change", "drift", "remove"].includes(action) || reasons.some(({ code }) => code === "orphan"),
  );
  if (yes || json || !replaces || !context.interactive) return true;
  return confirm(context, `Going to update [${project.name}].`);
}
