/**
 * Program or handlers of a run of `k2-compose up`, or both ("program", "handlers"): loaded while Pulumi starts, instead of by
 * what Pulumi starts one after another. Prints the port on which Pulumi calls it, and when all is loaded a second line; ends
 * with its standard input.
 */
import type { handleUnaryCall, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { fromSdk, grpc } from "./sdk.js";

/** Bytes; as Pulumi's own. */
const longestMessage = 400 * 1024 * 1024;

/** What is at work is given this long to put things back, when Pulumi is gone. */
const graceMilliseconds = 3_000;

process.stdin.on("end", () => setTimeout(() => process.exit(1), graceMilliseconds).unref()).resume();
// Nobody may be reading any more.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
// As in Pulumi's provider, one call's trouble is not that of the others.
for (const event of ["uncaughtException", "unhandledRejection"])
  process.on(event, (error: unknown) => console.error(error instanceof Error ? error.stack : error));

const server = new grpc.Server({ "grpc.max_receive_message_length": longestMessage });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) giveUp(error);
  console.log(port);
  const isWanted = (part: string) => process.argv.includes(part);
  const language = import("./language-host.js").then((module) => module.language);
  const program = isWanted("program") && import("./program.js");
  const provider = isWanted("handlers")
    ? import("./resource-provider.js").then((module) => module.provider)
    : Promise.resolve({});
  Promise.all([language, program, provider]).then(() => console.log("loaded"), giveUp);
  // At once: a call that comes before what answers it is loaded must wait, not fail.
  const { LanguageRuntimeService } = fromSdk("@pulumi/pulumi/proto/language_grpc_pb.js") as Services;
  const { ResourceProviderService } = fromSdk("@pulumi/pulumi/proto/provider_grpc_pb.js") as Services;
  server.addService(LanguageRuntimeService!, whenLoaded(LanguageRuntimeService!, language));
  server.addService(ResourceProviderService!, whenLoaded(ResourceProviderService!, provider));
});

type Services = Record<string, ServiceDefinition>;

/** Streams are not among what Pulumi asks of us. */
function whenLoaded(
  service: ServiceDefinition,
  loading: Promise<UntypedServiceImplementation>,
): UntypedServiceImplementation {
  const methods = Object.entries(service).filter(([, { responseStream }]) => !responseStream);
  return Object.fromEntries(methods.map(([name]) => [name, forward(name, loading)]));
}

function forward(
  name: string,
  loading: Promise<UntypedServiceImplementation>,
): handleUnaryCall<unknown, unknown> {
  return (call, answer) =>
    void loading.then((methods) => {
      const method = methods[name] as handleUnaryCall<unknown, unknown> | undefined;
      if (method) method(call, answer);
      else answer({ code: grpc.status.UNIMPLEMENTED, details: `${name} is not implemented` });
    });
}

/** Without the second line: then the run begins anew without this. */
function giveUp(error: unknown): never {
  console.error(error);
  process.exit(1);
}
