import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { duplexPair } from "node:stream";
import { describe, it } from "node:test";
import { type GrpcMethod, serveGrpc, unary } from "../../../provider/engine/grpc/grpc-server.js";
import { GrpcClient } from "../../../provider/engine/grpc/grpc-client.js";
import { GrpcError, grpcStatus } from "../../../provider/engine/grpc/protocol.js";
import { Secrets } from "../../../provider/engine/grpc/proto/secrets_pb.js";
import { SSH } from "../../../provider/engine/grpc/proto/sshforward_pb.js";
import { command } from "../../support/cli/command.js";
import { checkout } from "../../support/scripts.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("gRPC over an existing connection", () => {
  async function withClient(methods: GrpcMethod[], use: (client: GrpcClient) => Promise<void>) {
    const [here, there] = duplexPair();
    serveGrpc(there, methods);
    const client = new GrpcClient(here);
    await use(client).finally(() => {
      client.close();
      here.destroy();
      there.destroy();
    });
  }
  const secrets = unary(Secrets.method.getSecret, ({ id }) => {
    if (id === "größe") return { data: Buffer.from("42") };
    throw new GrpcError(grpcStatus.notFound, `no secret "${id}" – 100 %`);
  });

  it("must answer a request", () =>
    withClient([secrets], async (client) => {
      const { data } = await client.unary(Secrets.method.getSecret, { id: "größe" });
      assert.equal(Buffer.from(data).toString(), "42");
    }));

  it("must carry the status and message of a failure", () =>
    withClient([secrets], async (client) => {
      const failure = { status: grpcStatus.notFound, message: 'no secret "x" – 100 %' };
      await assert.rejects(client.unary(Secrets.method.getSecret, { id: "x" }), failure);
      await assert.rejects(client.unary(SSH.method.checkAgent, {}), { status: 12 });
    }));

  it("must report that the connection was closed", async () => {
    const [here, there] = duplexPair();
    serveGrpc(there, [unary(Secrets.method.getSecret, () => new Promise<never>(() => undefined))]);
    const client = new GrpcClient(here);
    const answer = client.unary(Secrets.method.getSecret, {});
    setTimeout(() => here.destroy(), 100);
    await assert.rejects(answer, { status: grpcStatus.unavailable });
    client.close();
  });
});

describe("the messages of the builder's protocol", () => {
  it("must be what `npm run generate` generates from the .proto files", async () => {
    const folder = "provider/engine/grpc/proto";
    const committed = join(checkout, folder);
    const made = temporaryFolder("generate");
    try {
      const bin = join(checkout, "node_modules/.bin");
      const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
      await command(join(bin, "buf"), ["generate", "--output", made], { cwd: checkout, env });
      const names = (await readdir(committed)).filter((name) => name.endsWith("_pb.ts"));
      assert.deepEqual((await readdir(join(made, folder))).sort(), names.sort());
      for (const name of names)
        assert.equal(
          await readFile(join(made, folder, name), "utf8"),
          await readFile(join(committed, name), "utf8"),
          `${name}: run npm run generate`,
        );
    } finally {
      await rm(made, { recursive: true });
    }
  });
});
