/** Registers a plan as Pulumi resources. */
import type { ComponentResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type * as Sdk from "@pulumi/pulumi/output.js";
import type { Output } from "@pulumi/pulumi/output.js";
import { replaceIn, secretAt } from "../model/input-paths.js";
import { type ResourceKind, resourceKinds, type Run } from "../model/kinds.js";
import { Ref, type Registration } from "../model/plan/node.js";
import { fromSdk } from "./sdk.js";
import { isMet } from "./unmet.js";
import { recordNoPromises, withoutStacks } from "./without-stacks.js";
import { HealthCheck, Host, Image, ImageTag, type K2Resource, Network, Service, Volume } from "./index.js";

const { concat, isSecret, Output: OutputClass, secret }: typeof Sdk = fromSdk("@pulumi/pulumi/output.js");

recordNoPromises();

interface DeployOptions {
  run: Run;
  parent?: ComponentResource;
  /** Prefix of every name, so that two projects of one program do not collide: "shop/". */
  prefix?: string;
  /** Values that only Pulumi knows, by their placeholders in the plan's strings. */
  values?: Map<string, Output<unknown>>;
}

const classes = { Host, Network, Volume, Image, Service, HealthCheck, ImageTag } as const satisfies Record<
  ResourceKind,
  unknown
>;

/** Registers a resource for every node, and returns them by the ids of the nodes. */
export function deploy(nodes: Registration[], options: DeployOptions): Map<string, K2Resource> {
  const resources = new Map<string, K2Resource>();
  for (const node of nodes) resources.set(node.id, register(node, resources, options));
  return resources;
}

function register(
  node: Registration,
  resources: Map<string, K2Resource>,
  options: DeployOptions,
): K2Resource {
  const kind = resourceKinds[node.kind];
  const Class = classes[kind];
  const fill = (values: object) => resolveAll(values, resources, options.values);
  const inputs = markSecrets(fill(node.inputs), new Set(node.secret));
  const context = {
    ...withSecretBuild(fill(node.context)),
    run: options.run,
    encrypted: encryptedIn(inputs),
    ...(node.optional?.length && { later: allMet(node.optional, resources) }),
  };
  const resourceOptions: CustomResourceOptions = {
    dependsOn: node.dependsOn.flatMap((id) => resources.get(id) ?? []),
    ...(options.parent && { parent: options.parent }),
    ...(node.kind === "volume" && { retainOnDelete: isKept(node, options.run) }),
  };
  return withoutStacks(
    () => new Class(kind, (options.prefix ?? "") + node.name, inputs, context, resourceOptions),
  );
}

/** A resource that the file declares external may have belonged to the project when it was deployed. */
function isKept({ inputs }: Registration, { volumes }: Run): boolean {
  return ("external" in inputs && inputs.external === true) || volumes !== "remove";
}

/** A promise instead of an output: the waiting resource is registered later, but does not depend on it. */
async function allMet(ids: string[], resources: Map<string, K2Resource>): Promise<boolean> {
  await Promise.all(ids.flatMap((id) => resources.get(id) ?? []).map(isMet));
  return true;
}

/** Replaces Refs by Outputs, and placeholders in strings by their values. */
function resolve(
  value: unknown,
  resources: Map<string, K2Resource>,
  values?: Map<string, Output<unknown>>,
): unknown {
  if (value instanceof Ref) {
    const resource = resources.get(value.node);
    const output: unknown = resource && Reflect.get(resource, value.output);
    if (output === undefined) throw new Error(`${value.node} is not registered before its users`);
    return output;
  }
  if (typeof value === "string") return fillPlaceholders(value, values);
  if (Array.isArray(value)) return value.map((item) => resolve(item, resources, values));
  if (typeof value !== "object" || value === null) return value;
  return resolveAll(value, resources, values);
}

function resolveAll(
  bag: object,
  resources: Map<string, K2Resource>,
  values?: Map<string, Output<unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bag).map(([key, item]) => [key, resolve(item, resources, values)]),
  );
}

/** A string that is only a placeholder may become a value of any type; within other text it becomes text. */
function fillPlaceholders(text: string, values?: Map<string, Output<unknown>>): unknown {
  const whole = values?.get(text);
  if (whole) return whole;
  const used = [...(values ?? [])].filter(([placeholder]) => text.includes(placeholder));
  if (used.length === 0) return text;
  const pieces = used.reduce<(string | Output<unknown>)[]>(
    (parts, [placeholder, output]) =>
      parts.flatMap((part) => (typeof part === "string" ? join(part.split(placeholder), output) : [part])),
    [text],
  );
  return concat(...pieces);
}

function join(texts: string[], output: Output<unknown>): (string | Output<unknown>)[] {
  return texts.flatMap((part, at) => (at === 0 ? [part] : [output, part]));
}

/** Marks only the secrets of a build as secret. */
function withSecretBuild(context: Record<string, unknown>): Record<string, unknown> {
  const { build } = context;
  if (typeof build !== "object" || build === null || !("secrets" in build)) return context;
  return { ...context, build: { ...build, secrets: secret(build.secrets) } };
}

/** Contents of `secrets:` are secret even if they do not come from Pulumi's configuration. */
function markSecrets(inputs: object, paths: ReadonlySet<string>): Record<string, unknown> {
  return replaceIn(inputs, (path, value) =>
    paths.has(path) || secretAt(path) !== undefined ? secret(value) : undefined,
  );
}

/** Contents of `secrets:` always were encrypted, so the handlers do not have to know. */
async function encryptedIn(inputs: object): Promise<string[]> {
  const found: Promise<string[]>[] = [];
  replaceIn(inputs, (path, value) => {
    if (!OutputClass.isInstance(value)) return undefined;
    if (secretAt(path) === undefined)
      found.push(isSecret(value).then((encrypted) => (encrypted ? [path] : [])));
    return value;
  });
  return (await Promise.all(found)).flat();
}
