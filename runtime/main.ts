/**
 * Runs the program or the handlers of a `k2-compose up`, or both ("program=FILE", "handlers"). They load while
 * Pulumi starts, instead of one after another. The CLI has opened the port to which Pulumi connects, so that Pulumi need not wait
 * for this process. Prints a line when everything is loaded; ends with its standard input.
 */
import type { handleUnaryCall, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { createServer } from "node:net";
import { acceptOwnUser, serverDescriptor } from "../provider/shared/own-user.js";
import { fromSdk } from "../provider/resources/sdk.js";
import { grpc } from "./sdk.js";

/** Bytes; the same as Pulumi's own limit. */
const longestMessage = 400 * 1024 * 1024;

/** Time for running operations to clean up after Pulumi has ended. */
const graceMilliseconds = 3_000;

process.stdin.on("end", () => setTimeout(() => process.exit(1), graceMilliseconds).unref()).resume();
// The reader may be gone.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
// As in Pulumi's provider, an error of one call does not affect the others.
for (const event of ["uncaughtException", "unhandledRejection"])
  process.on(event, (error: unknown) => console.error(error instanceof Error ? error.stack : error));

const parts = process.argv.slice(2);
const file = parts.find((part) => part.startsWith("program="))?.slice("program=".length);

const server = new grpc.Server({ "grpc.max_receive_message_length": longestMessage });
// An SDK with an older grpc has no such function: then Pulumi starts program and handlers itself.
const connections = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
const sockets = createServer().on("error", giveUp);
acceptOwnUser(sockets, (socket) => connections.injectConnection(socket));
// Fails in a process of a CLI of another version.
sockets.listen({ fd: serverDescriptor }, () => {
  const language = import("./language-host.js").then((module) => module.languageOf(file));
  const program = file !== undefined && import("./program.js");
  const provider = parts.includes("handlers")
    ? import("./resource-provider.js").then((module) => module.provider)
    : Promise.resolve({});
  // A program that computes its plan itself needs all of it.
  const library = parts.includes("library") && import("k2-compose");
  Promise.all([language, program, provider, library]).then(() => console.log("loaded"), giveUp);
  // Serve at once, so that calls that arrive before everything is loaded wait instead of failing.
  const { LanguageRuntimeService }: LanguageServices = fromSdk("@pulumi/pulumi/proto/language_grpc_pb.js");
  const { ResourceProviderService }: ProviderServices = fromSdk("@pulumi/pulumi/proto/provider_grpc_pb.js");
  server.addService(LanguageRuntimeService, whenLoaded(LanguageRuntimeService, language));
  server.addService(ResourceProviderService, whenLoaded(ResourceProviderService, provider));
});

type LanguageServices = { LanguageRuntimeService: ServiceDefinition };
type ProviderServices = { ResourceProviderService: ServiceDefinition };

/** Pulumi calls no streaming methods here. */
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

/** Without the line, the CLI starts the run again without this process. */
function giveUp(error: unknown): never {
  console.error(error);
  process.exit(1);
}
