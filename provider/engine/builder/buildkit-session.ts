import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { K2Error, messageOf } from "../../shared/errors.js";
import type { Engine } from "../connection/connect.js";
import { registryCredentials } from "../images/registry-auth.js";
import { diffCopy, type Folders } from "./file-sync.js";
import { bidirectional, type GrpcCall, type GrpcMethod, serveGrpc, unary } from "../grpc/grpc-server.js";
import { GrpcError, grpcStatus } from "../grpc/protocol.js";
import { Auth, type CredentialsResponseSchema, FileSync } from "../grpc/proto/filesync_pb.js";
import { Health, HealthCheckResponse_ServingStatus } from "../grpc/proto/health_pb.js";
import { Secrets } from "../grpc/proto/secrets_pb.js";
import { type BytesMessageSchema, SSH } from "../grpc/proto/sshforward_pb.js";

/** The local files, secrets and keys that the builder may request during a build. */
interface SessionOffers {
  folders: Folders;
  /** Contents by id. They are kept in memory only. */
  secrets: Record<string, Buffer>;
  /** Sockets of SSH agents by id. */
  agents: Record<string, string>;
  /** Identifies the context folder across builds, so that the builder reuses its cached copy. */
  sharedKey: string;
}

interface Session {
  id: string;
  close(): void;
}

/**
 * Opens a session on the engine: the builder requests files, credentials, secrets and keys over it, and in no other
 * way.
 */
export async function openSession(
  engine: Engine,
  offers: SessionOffers,
  signal?: AbortSignal,
): Promise<Session> {
  const id = randomUUID();
  const methods = methodsOf(offers, engine.env);
  const connection = await engine.hijack("/session", {
    headers: {
      Upgrade: "h2c",
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Name": "k2-compose",
      "X-Docker-Expose-Session-Sharedkey": offers.sharedKey,
      "X-Docker-Expose-Session-Grpc-Method": methods.map(({ path }) => path),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  connection.on("error", () => undefined);
  serveGrpc(connection, methods);
  return { id, close: () => void connection.destroy() };
}

function methodsOf({ folders, secrets, agents }: SessionOffers, env: Engine["env"]): GrpcMethod[] {
  const hasAgents = Object.keys(agents).length > 0;
  return [
    // The builder closes the session after a second if this health check is not answered.
    unary(Health.method.check, () => ({ status: HealthCheckResponse_ServingStatus.SERVING })),
    bidirectional(FileSync.method.diffCopy, (call) => diffCopy(call, folders)),
    unary(Auth.method.credentials, ({ host }) => credentials(host, env)),
    unary(Secrets.method.getSecret, ({ id }) => ({ data: secretOf(secrets, id) })),
    ...(hasAgents ? agentMethods(agents) : []),
  ];
}

function agentMethods(agents: Record<string, string>): GrpcMethod[] {
  return [
    unary(SSH.method.checkAgent, ({ id }) => {
      agentOf(agents, id);
      return {};
    }),
    bidirectional(SSH.method.forwardAgent, (call) => forwardAgent(call, agents)),
  ];
}

async function credentials(
  registry: string,
  env: Engine["env"],
): Promise<MessageInitShape<typeof CredentialsResponseSchema>> {
  const auth = await registryCredentials(registry === "registry-1.docker.io" ? "docker.io" : registry, env);
  if (auth === undefined) return {};
  // An empty user name tells the builder that the secret is a token.
  return auth.identitytoken
    ? { secret: auth.identitytoken }
    : { username: auth.username, secret: auth.password };
}

function secretOf(secrets: Record<string, Buffer>, id: string): Buffer {
  const content = secrets[id];
  if (content === undefined) throw new GrpcError(grpcStatus.notFound, `no secret "${id}"`);
  return content;
}

function agentOf(agents: Record<string, string>, id: string): string {
  const socket = agents[id || "default"];
  if (socket === undefined) throw new GrpcError(grpcStatus.notFound, `no ssh agent "${id}"`);
  return socket;
}

async function forwardAgent(
  call: GrpcCall<typeof BytesMessageSchema, typeof BytesMessageSchema>,
  agents: Record<string, string>,
): Promise<void> {
  const socket = connect({ path: agentOf(agents, call.metadata("buildkit.ssh.id")[0] ?? "") });
  const back = (async () => {
    const chunks: AsyncIterable<Buffer> = socket;
    for await (const data of chunks) await call.send({ data });
  })();
  back.catch(() => undefined);
  try {
    for await (const { data } of call.messages) socket.write(data);
    socket.end();
    await back;
  } catch (error) {
    throw new K2Error("engine", `the ssh agent broke off: ${messageOf(error)}`);
  } finally {
    socket.destroy();
  }
}
