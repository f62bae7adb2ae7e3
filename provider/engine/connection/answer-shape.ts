/** The form of an engine's answer, checked once where it arrives: every later use may rely on it. */
import { K2Error } from "../../shared/errors.js";
import type { HostRef } from "../../model/host-ref.js";

type Fields = Record<string, "string" | "number" | "object">;

/** An object with these fields, or a list of such objects. Other fields are optional. */
export type Shape = { object: Fields } | { list: Fields };

export const withId: Shape = { object: { Id: "string" } };

/** Throws K2Error if the answer has another form. Without a shape, it must be an object or a list. */
export function assertShape(
  answer: unknown,
  shape: Shape | undefined,
  { host, request }: { host: HostRef; request: string },
): void {
  const problem = problemOf(answer, shape);
  if (problem === undefined) return;
  throw new K2Error("engine", `the answer to ${request} from ${host.address} ${problem}`, {
    at: host.name,
    hint: "Is a Docker engine at this address, or another server, or a proxy before the engine?",
  });
}

function problemOf(answer: unknown, shape: Shape | undefined): string | undefined {
  if (answer === undefined) return "is empty";
  if (typeof answer !== "object" || answer === null) return "is neither an object nor a list";
  if (shape === undefined) return undefined;
  const isList = "list" in shape;
  if (Array.isArray(answer) !== isList) return isList ? "is not a list" : "is not an object";
  const fields = isList ? shape.list : shape.object;
  for (const item of Array.isArray(answer) ? answer : [answer]) {
    const missing = missingField(item, fields);
    if (missing !== undefined) return `has no ${missing}`;
  }
  return undefined;
}

function missingField(item: unknown, fields: Fields): string | undefined {
  const values = new Map<string, unknown>(
    typeof item === "object" && item !== null ? Object.entries(item) : [],
  );
  const missing = Object.entries(fields).find(([name, type]) => {
    const value = values.get(name);
    return typeof value !== type || value === null;
  });
  return missing?.[0];
}
