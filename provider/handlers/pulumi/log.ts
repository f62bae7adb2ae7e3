/** Lines for a resource in the CLI's output. `console.log` would print them under the stack instead. */
import { createRequire } from "node:module";
import { withoutControls } from "../../shared/foreign-text.js";
import type * as Grpc from "@grpc/grpc-js";

interface LogOptions {
  urn?: string;
  severity?: "info" | "warning";
  /** Shown beside the resource while it works, not kept. */
  passing?: boolean;
}

/** Pulumi's engine, as far as it prints lines. `address`: none where no engine listens. */
export class EventLog {
  private opened: EngineLog | undefined | false;

  constructor(private address: string | undefined) {}

  /** For a process that learns the address only when Pulumi attaches to it. */
  connectTo(address: string): void {
    this.address = address;
    this.opened = undefined;
  }

  /** Never fails: a lost message must not fail an operation. */
  async write(
    text: string,
    { urn = "", severity = "info", passing = false }: LogOptions = {},
  ): Promise<void> {
    this.opened ??= open(this.address) ?? false;
    const engine = this.opened;
    if (!engine) return;
    const request = new engine.LogRequest();
    request.setMessage(withoutControls(text));
    request.setUrn(urn);
    request.setEphemeral(passing);
    request.setSeverity(severity === "warning" ? 2 : 1);
    await new Promise<void>((resolve) => engine.client.log(request, () => resolve()));
  }
}

interface LogRequest {
  setMessage(text: string): void;
  setUrn(urn: string): void;
  setEphemeral(passing: boolean): void;
  setSeverity(severity: number): void;
}

interface EngineLog {
  client: { log(request: LogRequest, done: () => void): void };
  LogRequest: new () => LogRequest;
}

interface EngineServices {
  EngineClient: new (address: string, credentials: unknown) => EngineLog["client"];
}

function open(address: string | undefined): EngineLog | undefined {
  if (!address || !/:\d+$/.test(address)) return undefined;
  try {
    // Pulumi's own modules, already loaded in this process: the credentials do not work with another copy of grpc.
    const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
    const messages: Pick<EngineLog, "LogRequest"> = require("@pulumi/pulumi/proto/engine_pb.js");
    const services: EngineServices = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
    const grpc: typeof Grpc = require("@grpc/grpc-js");
    const client = new services.EngineClient(address, grpc.credentials.createInsecure());
    return { LogRequest: messages.LogRequest, client };
  } catch {
    return undefined;
  }
}
