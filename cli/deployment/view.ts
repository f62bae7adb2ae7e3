/** Shows a run: a live view in a terminal, a line for each finished resource in a pipe, JSON events for programs. */
import type { EventCode } from "../../provider/model/event-marker.js";
import { withBar } from "../../provider/engine/images/progress.js";
import type { Output } from "../terminal/output.js";
import { idOf, isResourceKind, typePrefix } from "../../provider/model/kinds.js";
import { kindWords } from "../changes/kind-words.js";
import { isNoise, isSummary, withoutWrapping } from "../pulumi/pulumi-words.js";
import type { Redraw } from "../terminal/redraw.js";
import type { Message, RunEvent } from "./pulumi-events.js";
import type { QuietOptions } from "../changes/change-options.js";

interface View {
  show(event: RunEvent): void;
  /** Ends the live view; returns the failures with their reasons. */
  close(): Failure[];
  done: Done[];
  failed: Done[];
  /** Hosts that a message calls unreachable. */
  unreachable: Set<string>;
}

export interface Failure {
  name: string;
  host?: string;
  text: string;
  code?: EventCode;
  /** The prefix of the text: a host, or "service@host". */
  at?: string;
}

export interface Done {
  kind: string;
  name: string;
  /** Pulumi's operation, or "adopt". */
  op: string;
  seconds: number;
  /** When it ended, as milliseconds since the epoch. */
  at?: number;
}

/** `draw` and `clear` are absent in a pipe. */
export interface ViewOptions extends Partial<Redraw> {
  out: Output;
  json: boolean;
  quiet?: QuietOptions;
  /** `down -v` */
  volumesGo?: boolean;
  /** Hosts already reported as unreachable. */
  away?: Set<string>;
  /** The effects of creations on objects that exist already, by ID: Pulumi creates only the resource. */
  existing?: ReadonlyMap<string, "adopt" | "update">;
  /** The resources that are to change, where they are known. */
  planned?: Pick<Done, "kind" | "name">[];
}

interface Work {
  kind: string;
  name: string;
  op: string;
  since: number;
  text: string;
  /** The part of a transfer that is done. */
  share?: number | undefined;
  isPulled: boolean;
}

/** Pulumi's operations in the past tense. */
const words: Record<string, string> = {
  create: "created",
  adopt: "adopted",
  update: "updated",
  delete: "removed",
  read: "read",
  refresh: "refreshed",
};

export function openView(options: ViewOptions): View {
  const working = new Map<string, Work>();
  const failures = new Map<string, Failure>();
  const done: Done[] = [];
  const failed: Done[] = [];
  const unreachable = new Set<string>();
  const isQuiet = options.quiet?.quiet === true;
  const { draw } = options;
  const planned = (options.planned ?? []).filter((one) => isPrinted({ ...one, text: "" }));
  const width = columnOf(planned.map(label), options.out.noteWidth);
  const started = Date.now();
  const lines = () => [
    ...workLines(working, width),
    ...statusLine(
      [...done, ...failed].filter((one) => isPrinted({ ...one, text: "" })).length,
      planned.length,
      started,
    ),
  ];
  const timer = !isQuiet && draw && setInterval(() => draw(lines()), 100);
  if (timer) timer.unref();
  const say = (line: string) => {
    options.clear?.();
    options.out.note(line);
  };

  const onMessage = (event: Message) => {
    const work = working.get(event.urn);
    if (event.passing) {
      if (!work) return;
      work.isPulled = event.code === "pull";
      Object.assign(work, withoutProgress(work, event, options.quiet));
      if (options.quiet?.plain && !options.json && isOfStack(work)) say(`${label(work)}  ${event.text}`);
      return;
    }
    if (event.code === "unreachable" && event.at !== undefined) unreachable.add(event.at);
    if (event.severity === "error") addFailure(failures, event);
    else if (event.severity === "warning" && !isNoise(event.text) && !isKnown(event, options.away))
      say(`warning: ${event.text}`);
  };

  const finish = (event: { urn: string; op: string }, isFailed: boolean) => {
    const work = working.get(event.urn);
    working.delete(event.urn);
    if (!work) return;
    const seconds = (Date.now() - work.since) / 1000;
    const existing = event.op === "create" && options.existing?.get(idOf(work.kind, work.name));
    const op = existing || event.op;
    (isFailed ? failed : done).push({ kind: work.kind, name: work.name, op, seconds, at: Date.now() });
    const word = isFailed ? "FAILED" : wordOf(work, op, options.volumesGo);
    if (!options.json && (isFailed || !isQuiet) && isPrinted(work, isFailed))
      say(`${label(work).padEnd(width)} ${word.padEnd(8)} ${seconds.toFixed(1)} s`);
  };

  return {
    ...{ done, failed, unreachable },
    show(event) {
      if (options.json) options.out.jsonLine(event);
      if (event.type === "message") onMessage(event);
      else if (event.op === "same" || !isOurs(event.urn)) return;
      else if (event.type === "begin")
        working.set(event.urn, {
          ...identity(event.urn),
          op: event.op,
          since: Date.now(),
          text: "",
          isPulled: false,
        });
      else finish(event, event.type === "failed");
    },
    close() {
      if (timer) clearInterval(timer);
      options.clear?.();
      options.end?.();
      return [...failures.values()];
    },
  };
}

/** Shows the step without its progress. */
function withoutProgress(
  work: Work,
  { text, share }: Message,
  { quietPull, quietBuild }: QuietOptions = {},
): Pick<Work, "text" | "share"> {
  const whole = { text, share };
  if (work.kind !== "Image") return whole;
  if (work.isPulled) return quietPull ? { text: "pull", share: undefined } : whole;
  return quietBuild && isOfStack(work) ? { text: "build", share: undefined } : whole;
}

/** A deleted image, or a volume without `-v`, leaves only the state: it is printed as kept. */
function wordOf({ kind, name, isPulled }: Work, op: string, volumesGo = false): string {
  if (isOfStack({ kind, name }) && op !== "delete") return isPulled ? "pulled" : "built";
  const isKept = op === "delete" && (kind === "Image" || (kind === "Volume" && !volumesGo));
  return isKept ? "kept" : (words[op] ?? op);
}

function addFailure(failures: Map<string, Failure>, { urn, text, code, at }: Message): void {
  if (isSummary(text)) return;
  const name = urn === "" || !isOurs(urn) ? "" : label(identity(urn));
  const clean = withoutWrapping(text);
  const host = hostOf(urn);
  failures.set(`${urn} ${clean}`, {
    ...{ name, text: clean },
    ...(host !== undefined && { host }),
    ...(code && { code }),
    ...(at !== undefined && { at }),
  });
}

/** Images of the stack also report steps on hosts, although they belong to no host. */
function isKnown({ urn, at }: Message, away = new Set<string>()): boolean {
  return away.has(hostOf(urn) ?? "") || away.has(at ?? "");
}

/** The host of "web@a", or of the host resource itself. */
function hostOf(urn: string): string | undefined {
  if (!isOurs(urn)) return undefined;
  const { kind, name } = identity(urn);
  return kind === "Host" ? name : hostIn(name);
}

/** The host in "redis:7@a", and in "redis@sha256:0123@a"; undefined for a resource of the stack. */
function hostIn(name: string): string | undefined {
  return /@(?!sha256:)([^@]+)$/.exec(name)?.[1];
}

/** As wide as the longest label, as far as 48 columns are left for the step. */
function columnOf(labels: string[], room = 80): number {
  if (labels.length === 0) return 32;
  return Math.min(Math.max(...labels.map(({ length }) => length)), Math.max(16, room - 48));
}

/** "3/7", and what is going on before Pulumi has reported anything. */
function statusLine(finished: number, total: number, since: number): string[] {
  if (total === 0) return [];
  const seconds = Math.round((Date.now() - since) / 1000);
  return [`${finished}/${total} done, ${seconds} s`];
}

function workLines(working: Map<string, Work>, width: number): string[] {
  const shown = [...working.values()].filter((work) => isPrinted(work));
  return shown.map((work) => {
    const seconds = Math.round((Date.now() - work.since) / 1000);
    return `${label(work).padEnd(width)} ${seconds.toString().padStart(3)} s  ${withBar(work)}`;
  });
}

/** Hosts are never shown; images of the stack only if they fail or report a step, such as a build. */
function isPrinted(work: Pick<Work, "kind" | "name" | "text">, isFailed = false): boolean {
  return work.kind !== "Host" && (!isOfStack(work) || isFailed || work.text !== "");
}

function isOfStack({ kind, name }: Pick<Work, "kind" | "name">): boolean {
  return kind === "Image" && hostIn(name) === undefined;
}

function isOurs(urn: string): boolean {
  return urn.includes(typePrefix);
}

function identity(urn: string): { kind: string; name: string } {
  const [type = "", name = ""] = urn.split("::").slice(-2);
  return { kind: type.slice(type.lastIndexOf(":") + 1), name };
}

function label({ kind, name }: { kind: string; name: string }): string {
  return (isResourceKind(kind) ? kindWords[kind] : "") + name;
}
