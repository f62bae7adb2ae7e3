/** Prints the changes, host by host. */
import { blockedServices } from "../../provider/model/changes/blocked.js";
import { type Action, adoptionOf, type Change } from "../../provider/model/changes/compare.js";
import { printField } from "../../provider/model/changes/fields.js";
import { resourceKinds } from "../../provider/model/kinds.js";
import { printOperation } from "../../provider/model/reconcile/operations.js";
import { oneLine } from "../../provider/shared/foreign-text.js";
import { type Reason, textsOf } from "../../provider/model/reasons.js";
import type { Paint } from "../terminal/colour.js";
import { folded } from "../terminal/wrap.js";
import type { Output } from "../terminal/output.js";
import { type ComputedChanges, pendingOf } from "./compute-changes.js";
import { kindWords } from "./kind-words.js";

/** An adoption may change or refuse the existing object. */
type Shown = Action | "refused";

const marks: Record<
  Shown,
  { mark: string; colour: "green" | "yellow" | "red" | "cyan" | "dim"; word: string }
> = {
  create: { mark: "+", colour: "green", word: "to create" },
  adopt: { mark: "=", colour: "cyan", word: "to adopt" },
  refused: { mark: "x", colour: "red", word: "refused" },
  change: { mark: "~", colour: "yellow", word: "to change" },
  drift: { mark: "!", colour: "yellow", word: "drifted" },
  remove: { mark: "-", colour: "red", word: "to remove" },
  forget: { mark: "-", colour: "dim", word: "to forget" },
  encrypt: { mark: "~", colour: "dim", word: "to encrypt" },
  same: { mark: " ", colour: "dim", word: "unchanged" },
};

interface SummaryOptions {
  paint: Paint;
  /** Width in columns; undefined: unlimited. */
  width?: number | undefined;
  /** Show every operation on every container. */
  detailed: boolean;
  /** Addresses by host. */
  addresses: Map<string, string>;
  away: Map<string, string>;
}

/** Prints the warnings of the compose file, and the changes of a run. */
export function printComputedChanges(out: Output, computed: ComputedChanges, detailed: boolean): void {
  const { project, plan, staying, away } = computed;
  const addresses = new Map(Object.entries(project.hosts).map(([name, { address }]) => [name, address]));
  for (const { at, message } of project.warnings)
    out.warn(at ? `${at.file}:${at.line}:${at.column}: ${message}` : message);
  for (const name of staying)
    out.warn(`${name} is unchanged: run \`k2-compose up\` without names to remove it`);
  const pending = pendingOf(computed);
  const waits = blockedServices(plan, { pending, failed: new Set(), away: new Set(away.keys()) });
  printChanges(out, { ...computed, addresses }, detailed, waits);
}

/** Prints the changes by host, and the number of each kind. `waits`: what the run does not reach. */
export function printChanges(
  out: Output,
  { changes, ...where }: { changes: Change[] } & Pick<SummaryOptions, "addresses" | "away">,
  detailed: boolean,
  waits: string[] = [],
): void {
  const lines = summary(changes, { paint: out.paint, width: out.width, detailed, ...where });
  for (const line of [...lines, ...waits.map(oneLine), counts(changes)]) out.block(line);
}

/** Returns nothing for an unchanged resource. */
function summary(changes: Change[], options: SummaryOptions): string[] {
  const lines: string[] = [];
  for (const host of hostsOf(changes, options.away)) {
    const own = changes.filter((change) => (change.host ?? "") === host && isPrinted(change));
    const away = options.away.get(host);
    if (own.length === 0 && away === undefined) continue;
    if (host !== "")
      lines.push(`${options.paint("bold", host)}  ${options.addresses.get(host) ?? ""}`.trimEnd());
    if (away !== undefined) lines.push(awayLines(away, options));
    lines.push(...own.flatMap((change) => changeLines(change, options)));
  }
  return lines;
}

function awayLines(reason: string, { paint, width }: SummaryOptions): string {
  const text = folded(`    ${reason.replaceAll("\n", "\n    ")}`, width);
  return `  ${paint("red", "?")} ${text.trimStart()}`;
}

/** "2 to create, 1 to change, 5 unchanged": counts resources that have lines, or would have if they changed. */
function counts(changes: Change[]): string {
  const counted = changes.filter((change) => !isImplied(change));
  const parts = Object.entries(marks).flatMap(([action, { word }]) => {
    const count = counted.filter((change) => shownAs(change) === action).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return parts.join(", ") || "nothing";
}

function isPrinted(change: Change): boolean {
  return change.action !== "same" && !isImplied(change);
}

/** Hosts and images of the stack are left out, because their resources on the hosts show the change. */
function isImplied({ action, kind, reasons }: Change): boolean {
  if (kind === "host") return action !== "drift" && reasons.length === 0;
  return kind === "image" && ["create", "forget", "same"].includes(action);
}

function shownAs(change: Change): Shown {
  if (change.action !== "adopt") return change.action;
  const adoption = adoptionOf(change);
  return adoption === "refused" ? "refused" : adoption === "changed" ? "change" : "adopt";
}

function changeLines(change: Change, { paint, detailed }: SummaryOptions): string[] {
  const { mark, colour } = marks[shownAs(change)];
  const name =
    change.host === undefined ? change.name : change.name.replace(new RegExp(`@${escape(change.host)}$`), "");
  const head = `  ${paint(colour, mark)} ${kindWords[resourceKinds[change.kind]]}${oneLine(name)}`;
  const fields = change.fields.map(printField);
  const operations = detailed ? (change.operations?.stages.flat().flatMap(({ steps }) => steps) ?? []) : [];
  const more = [
    ...fields,
    ...(operations.length > 0 ? operations.map((step) => printOperation(step).trim()) : wordsOf(change)),
  ].map(oneLine);
  const [first, ...rest] = more;
  if (first === undefined) return [`${head}  ${adoptionMark(change)}`.trimEnd()];
  if (rest.length === 0 && fields.length === 0) return [`${head}  ${first}`];
  return [head, ...more.map((line) => `      ${line}`)];
}

function withoutName({ subject, text, rest }: Reason, name: string): string {
  return subject === name ? (rest ?? text) : text;
}

/** A new container needs no reasons, except what it takes from others. */
function wordsOf({ action, kind, name, host, reasons, operations }: Change): string[] {
  if (action === "create" && (kind === "service" || kind === "swarmService"))
    return textsOf(reasons.filter(({ code }) => code === "takes"));
  if (action === "adopt" && operations && operations.stages.length === 0)
    return [`adopt ${operations.kept.join(", ")}: no restart`];
  // Stock Pulumi shows the reasons of images, networks and volumes without their names, so those contain the name.
  const own = host === undefined ? name : name.replace(new RegExp(`@${escape(host)}$`), "");
  const isNamed = ["image", "hostImage", "network", "volume"].includes(kind);
  return isNamed ? reasons.map((reason) => withoutName(reason, own)) : textsOf(reasons);
}

function adoptionMark({ action }: Change): string {
  return action === "adopt" ? "adopt" : "";
}

/** Lines without a host come first. */
function hostsOf(changes: Change[], away: Map<string, string>): string[] {
  const names = new Set([...changes.map(({ host }) => host ?? ""), ...away.keys()]);
  return [...names].sort();
}

function escape(written: string): string {
  return written.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
