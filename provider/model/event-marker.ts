/**
 * Texts in Pulumi's events. An event has a text and a resource's URN, and no other field for k2-compose: the CLI
 * decides by a marker at the end of the text's first line, "as: no answer from the engine [k2:unreachable as]". Markers
 * are written and read only here. Stock `pulumi` prints them unchanged.
 */
import { Aftermath, chainOf, codeOf, errorCodes, isTolerated, K2Error, messageOf } from "../shared/errors.js";
import type { Step } from "./steps.js";

/**
 * `tolerated`: fewer replacements failed than `max_failure_ratio` allows. `undone`: the run was cancelled, and the text
 * describes how its changes were undone. `pull`: the image is pulled, not built. `push`: the image is pushed.
 */
const codes = [...errorCodes, "tolerated", "undone", "pull", "push"] as const;

export type EventCode = (typeof codes)[number];

export interface EventText {
  text: string;
  code?: EventCode;
  /** The host, or "service@host", at the beginning of the text. */
  at?: string;
  /** The part of a transfer that is done, from 0 to 1. */
  share?: number;
}

export function withMarker({ text, code, at, share }: EventText): string {
  // An engine may have written a marker into its answer.
  const own = text.replaceAll(markers, "");
  if (code === undefined) return own;
  const about = share === undefined ? at : `${Math.floor(share * 100)}%`;
  const place = about !== undefined && /^[^\s\]]+$/.test(about) ? ` ${about}` : "";
  const [first = "", ...rest] = own.split("\n");
  return [`${first} [k2:${code}${place}]`, ...rest].join("\n");
}

export function withoutMarker(marked: string): EventText {
  const found = marker.exec(marked);
  const code = codes.find((one) => one === found?.[1]);
  if (!found || code === undefined) return { text: marked };
  const text = marked.slice(0, found.index) + marked.slice(found.index + found[0].length);
  const [, , about] = found;
  if (about === undefined) return { text, code };
  return isTransfer(code) ? { text, code, share: parseInt(about) / 100 } : { text, code, at: about };
}

const marker = / \[k2:([a-z-]+)(?: ([^\s\]]+))?\]$/m;
const markers = new RegExp(marker.source, "gm");

/** Other steps need no marker, because the URN identifies their resource. */
export function stepEvent({ op, text, share }: Step): EventText {
  return isTransfer(op) ? { text, code: op, ...(share !== undefined && { share }) } : { text };
}

function isTransfer(op: string): op is "pull" | "push" {
  return op === "pull" || op === "push";
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
