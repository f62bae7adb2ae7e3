/**
 * Configs and secrets of a swarm. Their content cannot change, so that each content has an object of its own, under a name
 * with a digest; the service is updated to the new object, and the old one is removed when no rollback needs it.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { decodeContent } from "../../compose/source/file-contents.js";
import type { ObservedConfig, ObservedSwarmService } from "./observed.js";
import type { ServiceSpec } from "./spec-types.js";
import type { SwarmObjectInputs } from "../swarm-data.js";
import { swarmLabel } from "./swarm-labels.js";

export type ObjectKind = "configs" | "secrets";

export interface WantedObject {
  kind: ObjectKind;
  project: string;
  /** The name in the compose file. */
  key: string;
  /** `name` of the compose file, used as it is. */
  name?: string;
  data: Uint8Array;
  /** The file's labels, and those of the owner. */
  labels: Record<string, string>;
}

export interface ObservedObjects {
  /** All objects of the kind in the swarm. */
  objects: ObservedConfig[];
  services: ObservedSwarmService[];
}

export interface LabelChange {
  id: string;
  version: number;
  name: string;
  /** All labels, because an update replaces them. */
  labels: Record<string, string>;
}

export type ObjectPlan =
  | {
      op: "use";
      id: string;
      name: string;
      update?: LabelChange;
      /** The content of a secret that has no digest is taken as equal. */
      unread?: true;
    }
  | {
      op: "create";
      name: string;
      labels: Record<string, string>;
      /** An object of the stack that is taken over, with another content: labelled, so that it can be removed later. */
      update?: LabelChange;
    }
  /** The name is fixed by the file, and the object of that name has another content. */
  | { op: "refuse"; code: "immutable" | "foreign"; name: string };

const limits = {
  configs: { bytes: 1000 * 1024, word: "config" },
  secrets: { bytes: 500 * 1024, word: "secret" },
} as const;

const longestName = 64;
const shortDigest = 8;

export interface ObjectProblem {
  /** "configs.nginx" */
  path: string;
  code: "empty" | "too-large" | "name-too-long" | "bad-name";
  what: string;
  hint: string;
}

/** Returns the reasons for which the engine would refuse the object. */
export function objectProblems(wanted: WantedObject): ObjectProblem[] {
  const { kind, key, name, data, project } = wanted;
  const { bytes, word } = limits[kind];
  const path = `${kind}.${key}`;
  const full = name ?? nameWith(wanted, "0".repeat(shortDigest));
  const problems: ObjectProblem[] = [];
  if (data.length === 0)
    problems.push({
      ...{ path, code: "empty", what: `is empty, and a swarm stores no empty ${word}` },
      hint: "Add content to it, or remove it from the services.",
    });
  if (data.length >= bytes)
    problems.push({
      ...{
        path,
        code: "too-large",
        what: `has ${data.length} bytes; a ${word} of a swarm has less than ${bytes}`,
      },
      hint: "Build the file into the image, or put it into a volume.",
    });
  if (full.length > longestName)
    problems.push({
      ...{
        path,
        code: "name-too-long",
        what: `"${full}" has ${full.length} characters; a swarm allows ${longestName}`,
      },
      hint:
        name === undefined
          ? `Shorten the ${word}'s name, or the project's name "${project}".`
          : "Shorten `name`.",
    });
  else if (!/^[a-z0-9]([-_.a-z0-9]*[a-z0-9])?$/i.test(full))
    problems.push({
      ...{ path, code: "bad-name", what: `"${full}" is not a name that a swarm accepts` },
      hint: "Use letters, digits, dashes, dots and underscores, beginning and ending with a letter or digit.",
    });
  return problems;
}

/** `salt`: random, for the digest of a new secret. `takeOver`: the stack of the project's name may be taken over. */
export function planObject(
  wanted: WantedObject,
  observed: ObservedObjects,
  { salt, takeOver }: { salt: string; takeOver: boolean },
): ObjectPlan {
  const equal = bestOf(
    candidates(wanted, observed.objects).filter((object) => contentOf(wanted, object) === "equal"),
    observed.services,
  );
  if (equal !== undefined) return use(wanted, equal, digestLabel(wanted, equal, salt));
  if (wanted.name !== undefined) return planNamed(wanted, wanted.name, observed, salt, takeOver);
  const stacks = takeOver ? stackObject(wanted, observed.objects) : undefined;
  if (stacks !== undefined && contentOf(wanted, stacks) === "unknown")
    return { ...use(wanted, stacks, digestOf(wanted, salt)), unread: true };
  return create(wanted, observed.objects, digestOf(wanted, salt), stacks);
}

/** The object of a name that the file fixes exists with another content, or not at all. */
function planNamed(
  wanted: WantedObject,
  name: string,
  { objects }: ObservedObjects,
  salt: string,
  takeOver: boolean,
): ObjectPlan {
  const existing = objects.find((object) => object.name === name);
  const digest = digestOf(wanted, salt);
  if (existing === undefined) return { op: "create", name, labels: labelsOf(wanted, digest) };
  if (!isOurs(wanted, existing) && !takeOver) return { op: "refuse", code: "foreign", name };
  const content = contentOf(wanted, existing);
  if (content === "different") return { op: "refuse", code: "immutable", name };
  return { ...use(wanted, existing, digest), ...(content === "unknown" && { unread: true }) };
}

function create(
  wanted: WantedObject,
  objects: ObservedConfig[],
  digest: string,
  stacks: ObservedConfig | undefined,
): ObjectPlan {
  const labels = labelsOf(wanted, digest);
  const name = freeName(wanted, objects, digest);
  if (stacks === undefined || stacks.labels[swarmLabel.of] !== undefined)
    return { op: "create", name, labels };
  const update = change(stacks, { ...stacks.labels, [swarmLabel.of]: wanted.key });
  return { op: "create", name, labels, update };
}

/** The labels of an object of a stack that is taken over stay; on our own, those that left the file go. */
function use(wanted: WantedObject, object: ObservedConfig, digest: string): ObjectPlan & { op: "use" } {
  const own = labelsOf(wanted, digest);
  const labels = object.labels[swarmLabel.of] === undefined ? { ...object.labels, ...own } : own;
  const { id, name } = object;
  return {
    op: "use",
    id,
    name,
    ...(!sameLabels(labels, object.labels) && { update: change(object, labels) }),
  };
}

function change({ id, version, name }: ObservedConfig, labels: Record<string, string>): LabelChange {
  return { id, version, name, labels };
}

function sameLabels(one: Record<string, string>, other: Record<string, string>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

function labelsOf({ project, key, labels }: WantedObject, digest: string): Record<string, string> {
  return {
    ...labels,
    ...{ [swarmLabel.namespace]: project, [swarmLabel.of]: key, [swarmLabel.digest]: digest },
  };
}

/** A config's digest is that of its content. A secret's is salted, because labels and names are readable. */
function digestOf({ kind, data }: WantedObject, salt: string): string {
  return kind === "configs" ? sha256(data) : `${salt}:${hmac(salt, data)}`;
}

/** The digest of a secret stays, with its salt. */
function digestLabel(wanted: WantedObject, object: ObservedConfig, salt: string): string {
  return wanted.kind === "secrets"
    ? (object.labels[swarmLabel.digest] ?? digestOf(wanted, salt))
    : digestOf(wanted, salt);
}

/** The content in the inputs of a config or secret. */
export function dataIn({ key, config_contents, secret_contents }: SwarmObjectInputs): Buffer {
  return decodeContent({ ...config_contents, ...secret_contents }[key] ?? "");
}

/** Whether the digest in a label is that of the content; undefined for another kind of digest. */
export function hasDigest(data: Uint8Array, digest: string): boolean | undefined {
  const [, salt, salted] = /^([^:]+):([0-9a-f]{64})$/.exec(digest) ?? [];
  if (salt === undefined || salted === undefined)
    return digest.length === 64 ? sha256(data) === digest : undefined;
  return timingSafeEqual(Buffer.from(hmac(salt, data)), Buffer.from(salted));
}

function contentOf({ kind, data }: WantedObject, object: ObservedConfig): "equal" | "different" | "unknown" {
  if (kind === "configs" && object.data !== undefined)
    return Buffer.from(object.data, "base64").equals(data) ? "equal" : "different";
  const isEqual = hasDigest(data, object.labels[swarmLabel.digest] ?? "");
  if (isEqual === undefined) return "unknown";
  return isEqual ? "equal" : "different";
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(salt: string, data: Uint8Array): string {
  return createHmac("sha256", salt).update(data).digest("hex");
}

/** The first digits of the digest; more of them if an object with another content has that name. */
function freeName(wanted: WantedObject, objects: ObservedConfig[], digest: string): string {
  const taken = new Set(objects.map(({ name }) => name));
  const digits = digest.slice(digest.indexOf(":") + 1);
  const names = [shortDigest, 12, 16].map((length) => nameWith(wanted, digits.slice(0, length)));
  return names.find((name) => !taken.has(name)) ?? nameWith(wanted, digits.slice(0, 20));
}

function nameWith(wanted: WantedObject, digits: string): string {
  return `${stackName(wanted)}-${digits}`;
}

/** The name that `docker stack deploy` gives. */
function stackName({ project, key }: WantedObject): string {
  return `${project}_${key}`;
}

function stackObject(wanted: WantedObject, objects: ObservedConfig[]): ObservedConfig | undefined {
  return objects.find((object) => object.name === stackName(wanted) && isOurs(wanted, object));
}

function isOurs({ project }: Pick<WantedObject, "project">, { labels }: ObservedConfig): boolean {
  return labels[swarmLabel.namespace] === project;
}

/** Ours of the same key, and that of the stack. With a fixed name, only the object of that name. */
function candidates(wanted: WantedObject, objects: ObservedConfig[]): ObservedConfig[] {
  return objects.filter(
    (object) =>
      isOurs(wanted, object) &&
      (wanted.name === undefined
        ? object.labels[swarmLabel.of] === wanted.key || object.name === stackName(wanted)
        : object.name === wanted.name),
  );
}

/** One in use, if there is any: another object would restart the tasks. */
function bestOf(objects: ObservedConfig[], services: ObservedSwarmService[]): ObservedConfig | undefined {
  return objects.find(({ id }) => services.some(({ spec }) => idsIn(spec).includes(id))) ?? objects[0];
}

/**
 * Returns the objects of the project that were replaced: another one of their key is in use. Neither a service nor the
 * specification that a rollback restores names them. To be called after the services have converged.
 */
export function replacedObjects(
  project: string,
  /** Ids of the wanted objects by their name in the compose file. */
  wanted: Record<string, string>,
  { objects, services }: ObservedObjects,
): ObservedConfig[] {
  return objects.filter((object) => {
    const current = wanted[object.labels[swarmLabel.of] ?? ""];
    const replaced = current !== undefined && current !== object.id && isOurs({ project }, object);
    return replaced && usersOf(object, services).length === 0;
  });
}

export interface ObjectUser {
  service: string;
  /** `rollback`: only the specification that a rollback restores names it. */
  by: "service" | "rollback";
}

/** An object with users cannot be removed, or should not. */
export function usersOf({ id }: Pick<ObservedConfig, "id">, services: ObservedSwarmService[]): ObjectUser[] {
  return services.flatMap(({ spec, previousSpec }): ObjectUser[] => {
    const service = spec.Name;
    if (idsIn(spec).includes(id)) return [{ service, by: "service" }];
    return previousSpec !== undefined && idsIn(previousSpec).includes(id)
      ? [{ service, by: "rollback" }]
      : [];
  });
}

function idsIn({ TaskTemplate: { ContainerSpec } }: ServiceSpec): string[] {
  const { Configs = [], Secrets = [] } = ContainerSpec;
  return [...Configs.map(({ ConfigID }) => ConfigID), ...Secrets.map(({ SecretID }) => SecretID)];
}

export function printObjectPlan({ kind, key }: Pick<WantedObject, "kind" | "key">, plan: ObjectPlan): string {
  if (plan.op === "refuse") return `refuse  ${plan.name}  ${refusals[plan.code]}`;
  const update = plan.update === undefined ? [] : [`labels of ${plan.update.name} change`];
  const notes = plan.op === "use" && plan.unread ? [`cannot be read, taken as equal to ${kind}.${key}`] : [];
  return [plan.op.padEnd(6), plan.name, [...notes, ...update].join("; ")].join("  ").trimEnd();
}

const refusals = {
  immutable: "has another content, which cannot change: remove `name` from the file, or change it",
  foreign: "exists, and does not belong to the project: refused without --take-over",
} as const;
