import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { K2Error } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { registryCredentials } from "../images/registry-auth.js";
import { diffCopy, type Folders } from "./file-sync.js";
import {
  type GrpcCall,
  GrpcError,
  type GrpcMethods,
  grpcStatus,
  serveGrpc,
  unary,
} from "../grpc/grpc-server.js";
import { bytes, decode, encode, text } from "../grpc/protobuf.js";

/** What the builder may ask of this machine while it builds. */
interface SessionOffers {
  folders: Folders;
  /** Contents by id, from memory only. */
  secrets: Record<string, Buffer>;
  /** Sockets of ssh agents by id. */
  agents: Record<string, string>;
  /** Tells the builder that this folder is the one it saw before. */
  sharedKey: string;
}

interface Session {
  id: string;
  close(): void;
}

/** Calls the engine and lets it call back: files, credentials, secrets and keys go over no other way. */
export async function openSession(
  engine: Engine,
  offers: SessionOffers,
  signal?: AbortSignal,
): Promise<Session> {
  const id = randomUUID();
  const methods = methodsOf(offers);
  const connection = await engine.hijack("/session", {
    headers: {
      Upgrade: "h2c",
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Name": "k2-compose",
      "X-Docker-Expose-Session-Sharedkey": offers.sharedKey,
      "X-Docker-Expose-Session-Grpc-Method": Object.keys(methods),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  connection.on("error", () => undefined);
  serveGrpc(connection, methods);
  return { id, close: () => void connection.destroy() };
}

function methodsOf({ folders, secrets, agents }: SessionOffers): GrpcMethods {
  return {
    // Without an answer to this one the builder ends the session after a second.
    "/grpc.health.v1.Health/Check": unary(() => encode({ 1: 1 })),
    "/moby.filesync.v1.FileSync/DiffCopy": (call) => diffCopy(call, folders),
    "/moby.filesync.v1.Auth/Credentials": unary((request) => credentials(text(decode(request), 1))),
    "/moby.buildkit.secrets.v1.Secrets/GetSecret": unary((request) =>
      secret(secrets, text(decode(request), 1)),
    ),
    ...(Object.keys(agents).length === 0
      ? {}
      : {
          "/moby.sshforward.v1.SSH/CheckAgent": unary((request) => {
            agentOf(agents, text(decode(request), 1));
            return Buffer.alloc(0);
          }),
          "/moby.sshforward.v1.SSH/ForwardAgent": (call) => forwardAgent(call, agents),
        }),
  };
}

async function credentials(registry: string): Promise<Buffer> {
  const auth = await registryCredentials(registry === "registry-1.docker.io" ? "docker.io" : registry);
  if (auth === undefined) return Buffer.alloc(0);
  // An empty user name is how the builder knows a token.
  return encode(auth.identitytoken ? { 2: auth.identitytoken } : { 1: auth.username, 2: auth.password });
}

function secret(secrets: Record<string, Buffer>, id: string): Buffer {
  const content = secrets[id];
  if (content === undefined) throw new GrpcError(grpcStatus.notFound, `no secret "${id}"`);
  return encode({ 1: content });
}

function agentOf(agents: Record<string, string>, id: string): string {
  const socket = agents[id || "default"];
  if (socket === undefined) throw new GrpcError(grpcStatus.notFound, `no ssh agent "${id}"`);
  return socket;
}

async function forwardAgent(
  { metadata, messages, send }: GrpcCall,
  agents: Record<string, string>,
): Promise<void> {
  const socket = connect({ path: agentOf(agents, String(metadata["buildkit.ssh.id"] ?? "")) });
  const back = (async () => {
    for await (const chunk of socket) await send(encode({ 1: chunk as Buffer }));
  })();
  back.catch(() => undefined);
  try {
    for await (const message of messages) socket.write(bytes(decode(message), 1));
    socket.end();
    await back;
  } catch (error) {
    throw new K2Error("engine", `the ssh agent broke off: ${(error as Error).message}`);
  } finally {
    socket.destroy();
  }
}
