/** Fills the values of a plan's node: outputs of other resources, values that only Pulumi knows, and marks of secrets. */
import type { Output } from "@pulumi/pulumi/output.js";
import { replaceIn, secretAt } from "../model/input-paths.js";
import { Ref, type Registration } from "../model/plan/node.js";

/** Values that a plan does not contain, by their placeholders in the plan's strings. */
export type PlaceholderValues = ReadonlyMap<string, unknown>;

/** How values that are secret or not known yet are written. */
export interface Notation {
  secret(value: unknown): unknown;
  /** The text of all parts, which is secret if one of them is. */
  concat(parts: unknown[]): unknown;
  /** Undefined for a plain value. */
  isSecret(value: unknown): Promise<boolean> | undefined;
}

interface Sources {
  notation: Notation;
  outputOf: (ref: Ref) => unknown;
  placeholders: PlaceholderValues;
}

interface Filled {
  inputs: Record<string, unknown>;
  context: Record<string, unknown>;
  /** Paths of the inputs that are encrypted. */
  encrypted: Promise<string[]>;
}

/** The value of an Output that waits for no other resource. */
export function valueOf<T>(value: Output<T>): Promise<T> {
  return new Promise((resolve) => value.apply(resolve as never));
}

/** Contents of `secrets:` are secret even if they do not come from Pulumi's configuration. */
export function fillNode(node: Registration, sources: Sources): Filled {
  const { notation } = sources;
  const paths = new Set(node.secret);
  const inputs = replaceIn(fillAll(node.inputs, sources), (path, value) =>
    paths.has(path) || secretAt(path) !== undefined ? notation.secret(value) : undefined,
  );
  const context = withSecretBuild(fillAll(node.context, sources), notation);
  return { inputs, context, encrypted: encryptedIn(inputs, notation) };
}

function fillAll(bag: object, sources: Sources): Record<string, unknown> {
  return Object.fromEntries(Object.entries(bag).map(([key, item]) => [key, fill(item, sources)]));
}

function fill(value: unknown, sources: Sources): unknown {
  if (value instanceof Ref) return sources.outputOf(value);
  if (typeof value === "string") return fillPlaceholders(value, sources);
  if (Array.isArray(value)) return value.map((item) => fill(item, sources));
  if (typeof value !== "object" || value === null) return value;
  return fillAll(value, sources);
}

/** A string that is only a placeholder may become a value of any type; within other text it becomes text. */
function fillPlaceholders(text: string, { placeholders, notation }: Sources): unknown {
  if (placeholders.has(text)) return placeholders.get(text);
  const used = [...placeholders].filter(([placeholder]) => text.includes(placeholder));
  if (used.length === 0) return text;
  const parts = used.reduce<unknown[]>(
    (sofar, [placeholder, value]) =>
      sofar.flatMap((part) => (typeof part === "string" ? join(part.split(placeholder), value) : [part])),
    [text],
  );
  return notation.concat(parts);
}

function join(texts: string[], value: unknown): unknown[] {
  return texts.flatMap((part, at) => (at === 0 ? [part] : [value, part]));
}

/** Marks only the secrets of a build as secret. */
function withSecretBuild(context: Record<string, unknown>, { secret }: Notation): Record<string, unknown> {
  const { build } = context;
  if (typeof build !== "object" || build === null || !("secrets" in build)) return context;
  return { ...context, build: { ...build, secrets: secret(build.secrets) } };
}

/** Contents of `secrets:` always were encrypted, so the handlers do not have to know. */
async function encryptedIn(inputs: object, { isSecret }: Notation): Promise<string[]> {
  const found: Promise<string[]>[] = [];
  replaceIn(inputs, (path, value) => {
    const encrypted = isSecret(value);
    if (encrypted === undefined) return undefined;
    if (secretAt(path) === undefined) found.push(encrypted.then((yes) => (yes ? [path] : [])));
    return value;
  });
  return (await Promise.all(found)).flat();
}
