import type { FakeContents } from "./contents.js";

export type Answer =
  | { status: number; json?: unknown }
  | { status: number; message: string }
  | { lines: object[] }
  /** A line at once, then one per `every` milliseconds, until `line` returns undefined or the connection ends. */
  | { every: number; line: () => object | undefined }
  | { raw: Buffer | string; type: string };

export interface Asked {
  /** The groups of the route's pattern. */
  names: string[];
  query: URLSearchParams;
  body: Record<string, unknown>;
}

export type Route = [method: string, path: RegExp, handler: (contents: FakeContents, asked: Asked) => Answer];

export const ok = (json: unknown): Answer => ({ status: 200, json });
export const created = (json: unknown): Answer => ({ status: 201, json });
export const done: Answer = { status: 204 };
export const missing = (what: string): Answer => ({ status: 404, message: `No such ${what}` });
export const taken = (message: string): Answer => ({ status: 409, message });

/** Returns the items with all labels of the request's `filters`. */
export function withLabels<T extends { Labels: Record<string, string> }>(
  all: T[],
  query: URLSearchParams,
): T[] {
  const { label = [] } = JSON.parse(query.get("filters") ?? "{}") as { label?: string[] };
  return all.filter(({ Labels }) =>
    label.every((wanted) => {
      const [key, value] = wanted.split(/=(.*)/s);
      return value === undefined ? key! in Labels : Labels[key!] === value;
    }),
  );
}
