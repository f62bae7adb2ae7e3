/**
 * Registers a plan that the CLI hands over, by Pulumi's protocol itself. Pulumi receives the same requests as from the
 * SDK's classes (deploy.ts), which take some milliseconds for each resource: they prepare an Output for every input, in case the
 * program uses it.
 */
import type * as Errors from "@pulumi/pulumi/errors.js";
import type * as Sdk from "@pulumi/pulumi/output.js";
import type * as Messages from "@pulumi/pulumi/proto/resource_pb.js";
import type { ComponentResource } from "@pulumi/pulumi/resource.js";
import type * as Rpc from "@pulumi/pulumi/runtime/rpc.js";
import type * as Settings from "@pulumi/pulumi/runtime/settings.js";
import type * as StructMessages from "google-protobuf/google/protobuf/struct_pb.js";
import pLimit, { type LimitFunction } from "p-limit";
import { replaceAt } from "../model/input-paths.js";
import { outputNames, resourceKinds, type Run, typeOf, secretOutputs } from "../model/kinds.js";
import { type Ref, refsIn, type Registration } from "../model/plan/node.js";
import { unknown } from "../model/unknown.js";
import { isKept, type Registered } from "./registered.js";
import { fromSdk } from "./sdk.js";
import { stub } from "./state-stub.js";
import { fillNode, type Notation, type PlaceholderValues, valueOf } from "./values.js";

const { isGrpcError }: typeof Errors = fromSdk("@pulumi/pulumi/errors.js");
const { unknown: unknownValue }: typeof Sdk = fromSdk("@pulumi/pulumi/output.js");
const messages: typeof Messages = fromSdk("@pulumi/pulumi/proto/resource_pb.js");
const rpc: typeof Rpc & SecretValues = fromSdk("@pulumi/pulumi/runtime/rpc.js");
const { getMonitor, isDryRun, rpcKeepAlive }: typeof Settings = fromSdk("@pulumi/pulumi/runtime/settings.js");
const { getStore }: Store = fromSdk("@pulumi/pulumi/runtime/state.js");
const { Struct }: typeof StructMessages = fromSdk("google-protobuf/google/protobuf/struct_pb.js");

/** Exports of the SDK's files, which their types leave out. */
interface SecretValues {
  serializeSecretValue: (value: unknown) => object;
}
interface Store {
  getStore: () => { settings: { options: { parallel?: number } } };
}

/**
 * Requests that may wait for Pulumi's answer, if Pulumi does not change more resources at a time. Each takes 0.3 MiB here, and
 * some in Pulumi.
 */
const usualRequests = 256;

interface RegisterOptions {
  run: Run;
  parent: ComponentResource;
  /** Prefix of every name. */
  prefix: string;
  placeholders: PlaceholderValues;
}

/** Values as Pulumi's protocol has them. */
export const inProtocol: Notation = {
  secret: (value) => rpc.serializeSecretValue(plain(value)),
  concat: (parts) => {
    const text = parts.map((part) => String(plain(part))).join("");
    return parts.some(rpc.isRpcSecret) ? rpc.serializeSecretValue(text) : text;
  },
  isSecret: (value) => (rpc.isRpcSecret(value) ? Promise.resolve(true) : undefined),
};

function plain(value: unknown): unknown {
  return replaceAt(value, (_path, item) =>
    rpc.isRpcSecret(item) ? plain(rpc.unwrapRpcSecret(item)) : undefined,
  );
}

interface Answer {
  urn: string;
  isMet: boolean;
  /** Without the inputs, which Pulumi returns as well. */
  outputs: Record<string, unknown>;
}

type Answers = ReadonlyMap<string, Promise<Answer>>;

/** Registers each resource as soon as those that it needs are registered, and returns them by the ids of the nodes. */
export function registerAll(nodes: Registration[], options: RegisterOptions): Map<string, Registered> {
  const answers = new Map<string, Promise<Answer>>();
  const parent = valueOf(options.parent.urn);
  const underWay = pLimit(Math.max(usualRequests, getStore().settings.options.parallel ?? 0));
  const registered = new Map<string, Registered>();
  for (const node of nodes) {
    const answer = register(node, answers, { ...options, parent, underWay });
    answers.set(node.id, answer);
    registered.set(node.id, registeredAs(node, answer));
  }
  // Pulumi's own language host ends the run as soon as nothing is under way.
  const end = rpcKeepAlive();
  void Promise.allSettled(answers.values()).then(end);
  return registered;
}

function registeredAs({ kind }: Registration, answer: Promise<Answer>): Registered {
  return {
    kind: resourceKinds[kind],
    isMet: answer.then(({ isMet }) => isMet, trueAtShutdown),
    output: async (name) => {
      const value = plain(outputIn(await answer, name));
      return value === unknown ? unknownValue : value;
    },
  };
}

/** While Pulumi is shutting down, it answers no request, and the result is not used. */
function trueAtShutdown(error: Error): true {
  if (isGrpcError(error)) return true;
  throw error;
}

/** Pulumi leaves out what a handler has not returned: in previews, because it did not run. */
function outputIn({ outputs, isMet }: Answer, name: string): unknown {
  return outputs[name] ?? (isMet && !isDryRun() ? undefined : unknown);
}

async function register(node: Registration, answers: Answers, options: RequestOptions): Promise<Answer> {
  const read = refsIn(node.context).map((ref) => ref.node);
  const before = await answersTo([...node.dependsOn, ...(node.optional ?? []), ...read], answers);
  const { outputs, ...answer } = await options.underWay(async () =>
    send(await requestFor({ node, read, before }, options)),
  );
  const names: readonly string[] = outputNames[resourceKinds[node.kind]];
  return { ...answer, outputs: Object.fromEntries(names.map((name) => [name, outputs[name]])) };
}

interface RequestOptions extends Omit<RegisterOptions, "parent"> {
  parent: Promise<string>;
  underWay: LimitFunction;
}

interface Ready {
  node: Registration;
  /** The ids of the nodes whose outputs it reads. */
  read: string[];
  before: ReadonlyMap<string, Answer>;
}

async function requestFor(
  { node, read, before }: Ready,
  options: RequestOptions,
): Promise<Messages.RegisterResourceRequest> {
  const { run, placeholders } = options;
  const outputOf = ({ node: id, output }: Ref) => {
    const answer = before.get(id);
    if (!answer) throw new Error(`${id} is not registered before its users`);
    return outputIn(answer, output);
  };
  const filled = fillNode(node, { notation: inProtocol, outputOf, placeholders });
  const urnsOf = (ids: Iterable<string>) => [...new Set([...ids].flatMap((id) => before.get(id)?.urn ?? []))];
  const reads = urnsOf(read);
  const parent = await options.parent;
  const kind = resourceKinds[node.kind];
  const [type, name] = [typeOf(kind), options.prefix + node.name];
  const urn = `${parent.slice(0, parent.lastIndexOf("::"))}$${type}::${name}`;
  const ofRun = { run, encrypted: await filled.encrypted, ...(node.optional?.length && { later: true }) };
  const object = withoutUndefined({
    ...filled.inputs,
    __k2: { ...filled.context, ...ofRun, urn },
    __provider: stub(kind),
  });
  const request = requestOf({ type, name, parent, object });
  request.setDependenciesList([...new Set([...urnsOf(node.dependsOn), ...reads])]);
  const properties = request.getPropertydependenciesMap();
  for (const key of Object.keys(object)) {
    const dependencies = new messages.RegisterResourceRequest.PropertyDependencies();
    dependencies.setUrnsList(key === "__k2" ? reads : []);
    properties.set(key, dependencies);
  }
  request.setAdditionalsecretoutputsList(secretOutputs[kind] ?? []);
  if (node.kind === "volume") request.setRetainondelete(isKept(node, run));
  return request;
}

/** The answers for these resources, once they have arrived. */
async function answersTo(ids: string[], answers: Answers): Promise<Map<string, Answer>> {
  const arrived = [...new Set(ids)].map(async (id) => {
    const answer = await answers.get(id);
    return answer ? [[id, answer] as const] : [];
  });
  return new Map((await Promise.all(arrived)).flat());
}

interface Requested {
  type: string;
  name: string;
  parent: string;
  object: Fields;
}

type Fields = Record<string, StructMessages.JavaScriptValue>;

/** The protocol knows null, and no undefined. */
function withoutUndefined(fields: object): Fields {
  return JSON.parse(JSON.stringify(fields));
}

function requestOf({ type, name, parent, object }: Requested): Messages.RegisterResourceRequest {
  const request = new messages.RegisterResourceRequest();
  request.setType(type);
  request.setName(name);
  request.setParent(parent);
  request.setCustom(true);
  request.setObject(Struct.fromJavaScript(object));
  request.setAcceptsecrets(true);
  request.setAcceptresources(true);
  request.setSupportspartialvalues(true);
  request.setAliasspecs(true);
  request.setSupportsresultreporting(true);
  request.setCustomtimeouts(new messages.RegisterResourceRequest.CustomTimeouts());
  return request;
}

function send(request: Messages.RegisterResourceRequest): Promise<Answer> {
  const monitor = getMonitor();
  if (!monitor) throw new Error("this program runs without Pulumi");
  return new Promise((resolve, reject) => {
    monitor.registerResource(request, (error: Error | null, response: Messages.RegisterResourceResponse) => {
      if (error) {
        error.message = `failed to register new resource ${request.getName()} [${request.getType()}]: ${error.message}`;
        return reject(error);
      }
      resolve({
        urn: response.getUrn(),
        isMet: response.getResult() === messages.Result.SUCCESS,
        outputs: response.getObject()?.toJavaScript() ?? {},
      });
    });
  });
}
