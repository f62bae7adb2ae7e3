/** Inputs of a state, in which secret values are masked, made comparable with the inputs of a plan. Pure. */
import { entryPath, pathsWhere, replaceIn, secretAt } from "../input-paths.js";
import type { Kind, ServiceInputs, Shapes } from "../kinds.js";
import { configHash, configHashIn, filesHashIn } from "../reconcile/desired.js";
import { type DeployedOf, secret } from "../stack-state.js";
import type { Field } from "./fields.js";
import { dataIn, hasDigest } from "../swarm/objects.js";
import { isOfInputs } from "../swarm/spec/revision.js";

export interface Unmasked {
  /** Inputs with their secret values, by URN, where Pulumi has been asked for them. */
  decrypted?: ReadonlyMap<string, object>;
  filesHash: (inputs: ServiceInputs) => string | undefined;
}

interface Planned<K extends Kind> {
  kind: K;
  inputs: Shapes[K]["inputs"];
}

export function maskedIn(inputs: object): string[] {
  return pathsWhere(inputs, (value) => value === secret);
}

/**
 * The deployed inputs with their secret values, as far as they are known: from Pulumi, or because the hash of what is
 * deployed is that of the deployed inputs with the planned values in place of the masked ones.
 */
export function unmasked<K extends Kind>(
  { kind, inputs: planned }: Planned<K>,
  last: DeployedOf<K>,
  { decrypted, filesHash }: Unmasked,
): object {
  const known = decrypted?.get(last.urn);
  if (known) return known;
  const masked = maskedIn(last.inputs);
  if (masked.length === 0) return last.inputs;
  const values = valuesAt(planned, masked);
  const isEqual = hashes[kind]?.(withValuesAt(last.inputs, values), last.outputs, filesHash);
  const equal = [...values].filter(([path]) => isEqual?.(path) ?? false);
  return withValuesAt(last.inputs, new Map(equal));
}

/** Whether values of the plan cannot be compared without Pulumi, which decrypts those of the state. */
export function needsDecryption<K extends Kind>(
  planned: Planned<K>,
  last: DeployedOf<K>,
  filesHash: Unmasked["filesHash"],
): boolean {
  const masked = maskedIn(unmasked(planned, last, { filesHash }));
  return valuesAt(planned.inputs, masked).size > 0;
}

/** Masks values that are secret, in the plan or in the state. */
export function maskFields(fields: Field[], paths: readonly string[]): Field[] {
  const hidden = new Set(paths);
  const mask = (path: string) => hidden.has(path) || secretAt(path) !== undefined;
  const hide = (path: string, value: unknown) =>
    replaceIn({ [path]: value }, (at, item) => (mask(at) && item !== undefined ? secret : undefined))[path];
  return fields.map(({ path, before, after }) => ({
    path,
    before: hide(path, before),
    after: hide(path, after),
  }));
}

function valuesAt(inputs: object, paths: string[]): Map<string, unknown> {
  const wanted = new Set(paths);
  const values = new Map<string, unknown>();
  replaceIn(inputs, (path, value) => {
    if (wanted.has(path)) values.set(path, value);
    return undefined;
  });
  return values;
}

function withValuesAt<T extends object>(inputs: T, values: ReadonlyMap<string, unknown>): T {
  const copy = structuredClone(inputs);
  fill(copy, values, "");
  return copy;
}

function fill(branch: object, values: ReadonlyMap<string, unknown>, at: string): void {
  for (const [key, item] of Object.entries(branch)) {
    const path = entryPath(at, Array.isArray(branch) ? Number(key) : key);
    if (values.has(path)) Reflect.set(branch, key, values.get(path));
    else if (typeof item === "object" && item !== null) fill(item, values, path);
  }
}

/** Returns, by path, whether the values in the inputs are those that were deployed. */
type Comparison<K extends Kind> = (
  inputs: Shapes[K]["inputs"],
  outputs: Partial<Shapes[K]["outputs"]>,
  filesHash: Unmasked["filesHash"],
) => (path: string) => boolean;

const hashes: { [K in Kind]?: Comparison<K> } = {
  service(inputs, { revision, last }, filesHash) {
    if (revision === undefined || last === undefined) return () => false;
    const sameConfiguration = configHash(inputs, last) === configHashIn(revision);
    const sameFiles = filesHash(inputs) === filesHashIn(revision);
    return (path) =>
      /^(config|secret)_contents\b/.test(path) ? sameFiles : /^environment\b/.test(path) && sameConfiguration;
  },
  swarmService(inputs, { revision, last }) {
    const isSame = revision !== undefined && last !== undefined && isOfInputs(revision, inputs, last);
    return () => isSame;
  },
  swarmConfig: hasContent,
  swarmSecret: hasContent,
};

function hasContent(
  inputs: Shapes["swarmSecret"]["inputs"],
  { contentDigest }: Partial<Shapes["swarmSecret"]["outputs"]>,
): () => boolean {
  const isSame = contentDigest !== undefined && hasDigest(dataIn(inputs), contentDigest) === true;
  return () => isSame;
}
