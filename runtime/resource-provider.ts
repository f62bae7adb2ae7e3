/** Pulumi's dynamic provider. It replaces that of the SDK, which takes most of a second to load. */
import { createRequire } from "node:module";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import type * as Metadata from "@pulumi/pulumi/metadata.js";
import type * as PluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as Messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as StatusMessages from "@pulumi/pulumi/proto/status_pb.js";
import type * as Rpc from "@pulumi/pulumi/runtime/rpc.js";
import type * as AnyMessages from "google-protobuf/google/protobuf/any_pb.js";
import type * as EmptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import type * as StructMessages from "google-protobuf/google/protobuf/struct_pb.js";
import { fromSdk } from "../provider/resources/sdk.js";
import { grpc } from "./sdk.js";
// Loaded in advance, because the providers in the state import them.
import "k2-compose/handlers";

const { getProject }: typeof Metadata = fromSdk("@pulumi/pulumi/metadata.js");
const pluginMessages: typeof PluginMessages = fromSdk("@pulumi/pulumi/proto/plugin_pb.js");
const messages: typeof Messages = fromSdk("@pulumi/pulumi/proto/provider_pb.js");
const statusMessages: typeof StatusMessages = fromSdk("@pulumi/pulumi/proto/status_pb.js");
const { unwrapRpcSecret }: typeof Rpc = fromSdk("@pulumi/pulumi/runtime/rpc.js");
const { Any }: typeof AnyMessages = fromSdk("google-protobuf/google/protobuf/any_pb.js");
const { Empty }: typeof EmptyMessages = fromSdk("google-protobuf/google/protobuf/empty_pb.js");
const { Struct }: typeof StructMessages = fromSdk("google-protobuf/google/protobuf/struct_pb.js");

type Struct = StructMessages.Struct;
type Bag = Record<string, unknown>;

/** The provider that the text in the state exports: k2-compose's own, or that of another dynamic resource of the program. */
interface DynamicProvider {
  configure?(request: { config: { get(key: string): unknown } }): void;
  check?(olds: Bag, news: Bag): Promise<{ inputs?: Bag; failures?: CheckFailure[] } | undefined>;
  diff?(id: string, olds: Bag, news: Bag): Promise<Difference | undefined>;
  create(inputs: Bag): Promise<{ id: string; outs?: Bag }>;
  read?(id: string, props: Bag): Promise<{ id: string; props?: Bag; inputs?: Bag }>;
  update?(id: string, olds: Bag, news: Bag): Promise<{ outs?: Bag } | undefined>;
  delete?(id: string, props: Bag): Promise<void>;
  /** Not part of the SDK's interface, which passes providers neither the engine's address nor a cancellation. */
  runtime?: { attach(engineAddress: string): void; cancel(): void };
}

interface CheckFailure {
  property: string;
  reason: string;
}

interface Difference {
  changes?: boolean;
  replaces?: string[];
  deleteBeforeReplace?: boolean;
}

const methodsOf = (providers: Providers) => ({
  /** The address of Pulumi's engine; Pulumi passes it as an argument to a provider that it starts. */
  async attach(request: PluginMessages.PluginAttach) {
    providers.engineAddress = request.getAddress();
    return new Empty();
  },

  async configure(request: Messages.ConfigureRequest) {
    const args = Object.entries(bagOf(request.getArgs()));
    providers.config = Object.fromEntries(args.map(([key, value]) => [key, unwrapRpcSecret(value)]));
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(false);
    return response;
  },

  async check(request: Messages.CheckRequest) {
    const [olds, news] = [bagOf(request.getOlds()), bagOf(request.getNews())];
    const { inputs = news, failures = [] } = (await providers.of(news).check?.(olds, news)) ?? {};
    const response = new messages.CheckResponse();
    response.setInputs(structOf(inputs, news));
    for (const { property, reason } of failures) {
      const failure = response.addFailures();
      failure.setProperty(property);
      failure.setReason(reason);
    }
    return response;
  },

  async diff(request: Messages.DiffRequest) {
    const [olds, news] = [bagOf(request.getOlds()), bagOf(request.getNews())];
    const difference = (await providers.of(news).diff?.(request.getId(), olds, news)) ?? {};
    const { DIFF_NONE, DIFF_SOME, DIFF_UNKNOWN } = messages.DiffResponse.DiffChanges;
    const { changes, replaces = [], deleteBeforeReplace = false } = difference;
    const response = new messages.DiffResponse();
    response.setChanges(changes === undefined ? DIFF_UNKNOWN : changes ? DIFF_SOME : DIFF_NONE);
    response.setReplacesList(replaces);
    response.setDeletebeforereplace(deleteBeforeReplace);
    return response;
  },

  async create(request: Messages.CreateRequest) {
    const bag = bagOf(request.getProperties());
    const { id, outs } = await providers.of(bag).create(bag);
    const response = new messages.CreateResponse();
    response.setId(id);
    response.setProperties(structOf(outs, bag));
    return response;
  },

  async read(request: Messages.ReadRequest) {
    const bag = bagOf(request.getProperties());
    const asItIs = { id: request.getId(), props: bag, inputs: undefined };
    const { id, props, inputs } = (await providers.of(bag).read?.(request.getId(), bag)) ?? asItIs;
    const response = new messages.ReadResponse();
    response.setId(id);
    response.setProperties(structOf(props, bag));
    if (inputs) response.setInputs(structOf(inputs, bag));
    return response;
  },

  async update(request: Messages.UpdateRequest) {
    const [olds, news] = [bagOf(request.getOlds()), bagOf(request.getNews())];
    const { outs } = (await providers.of(news).update?.(request.getId(), olds, news)) ?? {};
    const response = new messages.UpdateResponse();
    response.setProperties(structOf(outs, news));
    return response;
  },

  async delete(request: Messages.DeleteRequest) {
    const bag = bagOf(request.getProperties());
    await providers.of(bag).delete?.(request.getId(), bag);
    return new Empty();
  },

  async cancel() {
    providers.cancel();
    return new Empty();
  },

  async getPluginInfo() {
    const info = new pluginMessages.PluginInfo();
    info.setVersion("1.0.0");
    return info;
  },
});

/** The providers, each created once from its text in the state. */
class Providers {
  engineAddress = "";
  config: Bag = {};
  private readonly made = new Map<string, DynamicProvider>();

  of({ __provider }: Bag): DynamicProvider {
    const text = String(__provider);
    const known = this.made.get(text);
    if (known) return known;
    const module: { handler?: () => DynamicProvider } = {};
    new Function("exports", "require", text)(module, createRequire(`${process.cwd()}/`));
    if (!module.handler) throw new Error("the state's provider code exports no handler");
    const made = module.handler();
    this.made.set(text, made);
    made.runtime?.attach(this.engineAddress);
    const get = (key: string) => this.config[key.includes(":") ? key : `${getProject()}:${key}`];
    made.configure?.({ config: { get } });
    return made;
  }

  cancel(): void {
    for (const { runtime } of this.made.values()) runtime?.cancel();
  }
}

type Method = (request: unknown) => Promise<unknown>;

export const provider = Object.fromEntries(
  Object.entries(methodsOf(new Providers())).map(([name, method]) => [
    name,
    ({ request }: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) =>
      void (method as Method)(request).then(
        (response) => answer(null, response),
        (error: Failure) => answer(statusOf(error), null),
      ),
  ]),
);

function bagOf(struct: Struct | undefined): Bag {
  return struct?.toJavaScript() ?? {};
}

/** The state must keep the provider of a resource. */
function structOf(result: Bag | undefined, { __provider }: Bag): Struct {
  return Struct.fromJavaScript({ ...result, __provider } as Parameters<typeof Struct.fromJavaScript>[0]);
}

type Failure = Error & { id?: string; properties?: Bag; reasons?: string[] };

/** A create or update that failed halfway reports the resource with the error, so that Pulumi stores it. */
function statusOf({ message, id, properties, reasons = [] }: Failure) {
  const code = grpc.status.UNKNOWN;
  const metadata = new grpc.Metadata();
  if (id && properties) {
    const detail = new messages.ErrorResourceInitFailed();
    detail.setId(id);
    detail.setProperties(structOf(properties, properties));
    detail.setReasonsList(reasons);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new statusMessages.Status();
    status.setCode(code);
    status.setMessage(message);
    status.addDetails(packed);
    metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code, message, details: message, metadata };
}
