/** Parses the events that Pulumi prints with --json. */
import { type EventText, withoutMarker } from "../../provider/model/event-marker.js";

export type RunEvent =
  | { type: "begin"; op: string; urn: string }
  | { type: "end"; op: string; urn: string }
  | { type: "failed"; op: string; urn: string }
  /** `passing`: shown only while Pulumi works on the resource. */
  | Message;

export interface Message extends EventText {
  type: "message";
  urn: string;
  severity: "info" | "warning" | "error";
  passing: boolean;
}

/** A message about the run, which belongs to no resource. */
export function runMessage({ text, ...about }: EventText, severity: Message["severity"]): Message {
  return { type: "message", urn: "", text, ...about, severity, passing: false };
}

interface Step {
  metadata: { op: string; urn: string };
}

interface RawEvent {
  resourcePreEvent?: Step;
  resOutputsEvent?: Step;
  resOpFailedEvent?: Step;
  diagnosticEvent?: { urn?: string; message: string; severity: string; ephemeral?: boolean };
}

export function eventOf(line: string): RunEvent | undefined {
  // Most lines are debug output of the SDK and too long to parse for nothing.
  if (!line.startsWith("{") || line.endsWith('"severity":"debug"}}')) return undefined;
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = JSON.parse(
    line,
  ) as RawEvent;
  if (resourcePreEvent) return { type: "begin", ...opAndUrn(resourcePreEvent) };
  if (resOutputsEvent) return { type: "end", ...opAndUrn(resOutputsEvent) };
  if (resOpFailedEvent) return { type: "failed", ...opAndUrn(resOpFailedEvent) };
  if (!diagnosticEvent || diagnosticEvent.severity === "debug") return undefined;
  const { urn = "", message, severity, ephemeral = false } = diagnosticEvent;
  const level = severity === "error" || severity === "warning" ? severity : "info";
  return { type: "message", urn, ...withoutMarker(message.trimEnd()), severity: level, passing: ephemeral };
}

function opAndUrn({ metadata: { op, urn } }: Step): { op: string; urn: string } {
  return { op, urn };
}
