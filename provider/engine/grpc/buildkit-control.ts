import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { GrpcClient } from "./grpc-client.js";

interface Control {
  client: GrpcClient;
  close(): void;
}

/**
 * Opens the gRPC API of the engine's builder, which offers more than the Engine API; undefined if the engine has none.
 */
export async function openControl(engine: Engine, signal?: AbortSignal): Promise<Control | undefined> {
  const connection = await dial(engine, signal);
  if (connection === undefined) return undefined;
  const client = new GrpcClient(connection);
  return {
    client,
    close: () => {
      client.close();
      connection.destroy();
    },
  };
}

async function dial(engine: Engine, signal?: AbortSignal) {
  try {
    return await engine.hijack("/grpc", {
      headers: { Upgrade: "h2c" },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (K2Error.is(error) && error.code === "not-found") return undefined;
    throw error;
  }
}
