import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect } from "../../support/engines.js";
import { hostFromEnvironment, parseAddress } from "../../../provider/engine/connection/host-address.js";

const parse = (address: string) => parseAddress({ name: "as", address });

describe("an engine's address", () => {
  const good: [string, object][] = [
    ["localhost:4243", { scheme: "tcp", host: "localhost", port: 4243 }],
    ["10.0.0.5", { scheme: "tcp", host: "10.0.0.5" }],
    ["tcp://10.0.0.5:2375/", { scheme: "tcp", host: "10.0.0.5", port: 2375 }],
    ["http://10.0.0.5:2375", { scheme: "tcp", host: "10.0.0.5", port: 2375 }],
    ["https://engine.example:2376", { scheme: "https", host: "engine.example", port: 2376 }],
    ["tcp://[fe80::1]:2375", { scheme: "tcp", host: "fe80::1", port: 2375 }],
    ["unix:///run/docker.sock", { scheme: "unix", path: "/run/docker.sock" }],
    ["unix://", { scheme: "unix", path: "/var/run/docker.sock" }],
    ["/run/docker.sock", { scheme: "unix", path: "/run/docker.sock" }],
    ["ssh://ops@b", { scheme: "ssh", destination: "ops@b", socket: "/var/run/docker.sock" }],
    ["ssh://b:2222", { scheme: "ssh", destination: "b", port: 2222, socket: "/var/run/docker.sock" }],
    [
      "ssh://Alias/run/user/1/docker.sock",
      { scheme: "ssh", destination: "Alias", socket: "/run/user/1/docker.sock" },
    ],
    ["context://far", { scheme: "context", context: "far" }],
  ];
  for (const [address, meant] of good)
    it(`must be read: ${address}`, () => assert.deepEqual(parse(address), meant));

  const bad: [string, RegExp][] = [
    ["tcp://", /as: the address "tcp:\/\/" has no host/],
    ["tcp://h:port", /is not a host and port/],
    ["tcp://h:1/prefix", /may contain only a host and a port/],
    ["npipe:////./pipe/docker_engine", /unsupported scheme \("npipe"\)/],
    ["ssh://ops:secret@b", /contains a password/],
    ["ssh://-oProxyCommand=x@b", /has no valid user/],
    ["ssh://%2DoProxyCommand=x@b", /has no valid user/],
    ["ssh://ops%20-oProxyCommand=x@b", /has no valid user/],
    ["ssh://%20@b", /has no valid user/],
    ["ssh://-oProxyCommand", /has a host that begins with "-"/],
    ["tcp://-oProxyCommand=x:2375", /has a host that begins with "-"/],
  ];
  for (const [address, message] of bad)
    it(`must be refused: ${address}`, () =>
      assert.throws(() => parse(address), { code: "invalid-file", message }));
});

it("an invalid API version must be refused before any request", async () => {
  const engine = connect({ name: "as", address: "tcp://127.0.0.1:1", api_version: "1.4x" });
  await assert.rejects(engine.get("/info"), { code: "usage", message: /as: invalid API version "1.4x"/ });
});

describe("the default engine", () => {
  const from = (env: Record<string, string>, context?: string) =>
    hostFromEnvironment("default", env, context);

  it("must be DOCKER_HOST, which has precedence over contexts", () =>
    assert.deepEqual(from({ DOCKER_HOST: "10.0.0.5:2375", DOCKER_CONTEXT: "far" }, "near"), {
      name: "default",
      address: "tcp://10.0.0.5:2375",
    }));

  it("must take its certificates from DOCKER_CERT_PATH only if TLS is enabled", () => {
    const env = { DOCKER_HOST: "tcp://h:2376", DOCKER_CERT_PATH: "/certs" };
    assert.equal(from(env).tls, undefined);
    assert.equal(from({ ...env, DOCKER_TLS_VERIFY: "1" }).tls, "/certs");
    assert.equal(
      from({ DOCKER_HOST: "tcp://h:2376", DOCKER_TLS_VERIFY: "1", HOME: "/home/o" }).tls,
      "/home/o/.docker",
    );
  });

  it("must be the selected context, else the local socket", () => {
    assert.equal(from({ DOCKER_CONTEXT: "far" }, "near").address, "context://far");
    assert.equal(from({}, "near").address, "context://near");
    assert.equal(from({}, "default").address, "unix:///var/run/docker.sock");
    assert.equal(from({}).address, "unix:///var/run/docker.sock");
  });
});
