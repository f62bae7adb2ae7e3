import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cli } from "../../support/cli/cli-run.js";
import { resolveEndpoint } from "../../../provider/engine/connection/endpoint.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("an engine's endpoint", () => {
  let folder: string;
  before(async () => {
    folder = temporaryFolder("config");
    await context("far", { Host: "ssh://ops@far" });
    await context("safe", { Host: "tcp://safe:2376", SkipTLSVerify: false }, [
      "ca.pem",
      "cert.pem",
      "key.pem",
    ]);
    await context("lax", { Host: "https://lax", SkipTLSVerify: true });
    await context("loop", { Host: "context://loop" });
    await context("empty", {});
  });
  after(() => rm(folder, { recursive: true }));

  async function context(name: string, docker: object, pems: string[] = []): Promise<void> {
    const id = createHash("sha256").update(name).digest("hex");
    const [meta, tls] = [join(folder, "contexts/meta", id), join(folder, "contexts/tls", id, "docker")];
    await mkdir(meta, { recursive: true });
    await writeFile(join(meta, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker } }));
    if (pems.length > 0) await mkdir(tls, { recursive: true });
    for (const pem of pems) await writeFile(join(tls, pem), `${name} ${pem}`);
  }

  const resolve = (address: string, tls?: string) =>
    resolveEndpoint(
      { name: "as", address, ...(tls === undefined ? {} : { tls }) },
      { DOCKER_CONFIG: folder },
    );

  it("must be taken from the address", async () => {
    assert.deepEqual(await resolve("h:2375"), { kind: "tcp", host: "h", port: 2375 });
    assert.deepEqual(await resolve("tcp://h"), { kind: "tcp", host: "h", port: 2375 });
    assert.deepEqual(await resolve("https://h"), {
      kind: "tls",
      host: "h",
      port: 2376,
      verify: true,
      material: {},
    });
    assert.deepEqual(await resolve("unix:///s"), { kind: "unix", path: "/s" });
  });

  it("must be that of a docker context for commands that name the machine", async () => {
    const file = "hosts: {a: 'context://far', b: 'context://safe', c: 'context://default'}\nservices: {}\n";
    await writeFile(join(folder, "compose.yml"), `name: shop\n${file}`);
    const env = { HOME: folder, DOCKER_CONFIG: folder, DOCKER_HOST: "tcp://10.0.0.9:2375" };
    const ip = async (host: string) => (await cli(["hosts", "ip", host], { cwd: folder, env })).stdout;
    assert.deepEqual([await ip("a"), await ip("b"), await ip("c")], ["far\n", "safe\n", "10.0.0.9\n"]);
  });

  it("must be taken from a docker context, with its certificates", async () => {
    assert.deepEqual(await resolve("context://far"), {
      kind: "ssh",
      destination: "ops@far",
      socket: "/var/run/docker.sock",
    });
    assert.deepEqual(await resolve("context://safe"), {
      kind: "tls",
      host: "safe",
      port: 2376,
      verify: true,
      material: { ca: "safe ca.pem", cert: "safe cert.pem", key: "safe key.pem" },
    });
    assert.deepEqual(await resolve("context://default"), { kind: "unix", path: "/var/run/docker.sock" });
    assert.deepEqual(await resolve("context://lax"), {
      kind: "tls",
      host: "lax",
      port: 2376,
      verify: false,
      material: {},
    });
  });

  it("must be refused when the context does not exist", async () => {
    await assert.rejects(resolve("context://none"), {
      code: "not-found",
      message: /as: there is no docker context "none"\n {2}`docker context ls`/,
    });
    await assert.rejects(resolve("context://empty"), /names no engine/);
    await assert.rejects(resolve("context://loop"), /cannot point at another context/);
  });

  it("must have all of its certificates", async () => {
    const tls = join(folder, "pems");
    await mkdir(tls);
    await assert.rejects(resolve("h:2376", tls), {
      code: "invalid-file",
      message: /as: the TLS folder .* has no ca.pem/,
    });
    await writeFile(join(tls, "cert.pem"), "cert");
    await assert.rejects(resolve("h:2376", tls), /has no key.pem/);
    await writeFile(join(tls, "key.pem"), "key");
    const endpoint = await resolve("h:2376", tls);
    assert.equal(endpoint.kind, "tls");
  });

  it("must use the certificates of docker's variables only for the engine that they name", async () => {
    const tls = join(folder, "named");
    await mkdir(tls);
    for (const pem of ["ca.pem", "cert.pem", "key.pem"]) await writeFile(join(tls, pem), pem);
    const env = { DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: tls };
    const kindOf = async (address: string) => (await resolveEndpoint({ name: "as", address }, env)).kind;
    assert.equal(await kindOf("tcp://h:2376"), "tls");
    assert.equal(await kindOf("h:2376"), "tls");
    assert.equal(await kindOf("tcp://other:2376"), "tcp");
  });
});
