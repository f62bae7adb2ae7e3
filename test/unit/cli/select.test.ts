import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { select } from "../../../cli/arguments/select.js";
import { waves } from "../../../cli/application/dependency-waves.js";

const services = ["busybox1@a", "busybox2@a", "busybox3@a", "web@a", "web@b"].map((name) => {
  const [service = "", host = ""] = name.split("@");
  return { service, host: { name: host } };
});
const chosen = (...patterns: string[]) =>
  select(patterns, services).map(({ service, host }) => `${service}@${host.name}`);

describe("services by name", () => {
  it("must select all without a name", () => assert.equal(chosen().length, services.length));

  it("must accept *, ? and [1-2]", () => {
    assert.deepEqual(chosen("busybox*"), ["busybox1@a", "busybox2@a", "busybox3@a"]);
    assert.deepEqual(chosen("busybox[1-2]"), ["busybox1@a", "busybox2@a"]);
    assert.deepEqual(chosen("we?"), ["web@a", "web@b"]);
  });

  it("must accept a host after @", () =>
    assert.deepEqual(chosen("web@b", "busybox1"), ["busybox1@a", "web@b"]));

  it("must list the services when nothing matches", () => {
    assert.throws(
      () => chosen("web", "z*"),
      /no service matches z\* \(available: busybox1, busybox2, busybox3, web\)/,
    );
    assert.throws(() => chosen("busybox"), /no such service: busybox/);
  });
});

describe("waves", () => {
  const of = (...lines: string[]) =>
    waves(
      lines.map((line) => ({
        service: line.split("<")[0]!,
        dependsOn: (line.split("<")[1] ?? "").split(",").filter(Boolean),
      })),
    )
      .map((wave) => wave.map(({ service }) => service).join(" "))
      .join(" | ");

  it("must put dependencies first", () =>
    assert.equal(of("web<db,cache", "db", "cache<db", "other"), "db other | cache | web"));
  it("must not wait for services that are not selected", () => assert.equal(of("web<db"), "web"));
  it("must end even if services depend on each other in a cycle", () =>
    assert.equal(of("a<b", "b<a"), "a b"));
});
