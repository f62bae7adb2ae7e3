/**
 * Texts in Pulumi's events. An event has a text and a resource's URN, and no other field for k2-compose: the CLI
 * decides by a marker at the end of the text's first line, "as: no answer from the engine [k2:unreachable as]". Markers
 * are written and read only here. Stock `pulumi` prints them unchanged.
 */
import { Aftermath, chainOf, codeOf, errorCodes, isTolerated, K2Error, messageOf } from "../shared/errors.js";
import type { Step } from "./steps.js";

/**
 * `tolerated`: fewer replacements failed than `max_failure_ratio` allows. `undone`: the run was cancelled, and the text
 * describes how its changes were undone. `pull`: the image is pulled, not built.
 */
const codes = [...errorCodes, "tolerated", "undone", "pull"] as const;

export type EventCode = (typeof codes)[number];

export interface EventText {
  text: string;
  code?: EventCode;
  /** The host, or "service@host", at the beginning of the text. */
  at?: string;
}

export function withMarker({ text, code, at }: EventText): string {
  if (code === undefined) return text;
  const place = at !== undefined && /^[^\s\]]+$/.test(at) ? ` ${at}` : "";
  const [first = "", ...rest] = text.split("\n");
  return [`${first} [k2:${code}${place}]`, ...rest].join("\n");
}

export function withoutMarker(marked: string): EventText {
  const found = marker.exec(marked);
  const code = codes.find((one) => one === found?.[1]);
  if (!found || code === undefined) return { text: marked };
  const text = marked.slice(0, found.index) + marked.slice(found.index + found[0].length);
  return { text, code, ...(found[2] !== undefined && { at: found[2] }) };
}

const marker = / \[k2:([a-z-]+)(?: ([^\s\]]+))?\]$/m;

/** Other steps need no marker, because the URN identifies their resource. */
export function stepEvent({ op, text }: Step): EventText {
  return op === "pull" ? { text, code: op } : { text };
}

/** `cancellation`: the reason of the run's aborted signal. */
export function failureEvent(error: unknown, cancellation?: unknown): EventText {
  const code = failureCode(error, cancellation);
  const at = chainOf(error).find(isPlaced)?.at;
  return { text: messageOf(error), ...(code && { code }), ...(typeof at === "string" && { at }) };
}

function failureCode(error: unknown, cancellation: unknown): EventCode | undefined {
  if (isTolerated(error)) return "tolerated";
  const chain = chainOf(error);
  const isCancelled = cancellation !== undefined && chain.includes(cancellation);
  const code = isCancelled ? "cancelled" : codeOf(error);
  return code === "cancelled" && chain.some((one) => one instanceof Aftermath) ? "undone" : code;
}

/** The text of a follow-up error begins with the text of its cause. */
function isPlaced(error: unknown): error is K2Error {
  return K2Error.is(error) && !(error instanceof Aftermath);
}
