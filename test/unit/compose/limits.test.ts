/** Limits of errors, nesting, hosts and containers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { substitute, variablesIn } from "../../../provider/compose/interpolate/substitute.js";
import { place } from "../../../provider/model/placement/place.js";
import { loaded, project } from "../../support/model/project.js";

function services(count: number, attributes: (index: number) => string): string {
  return `services:\n${Array.from({ length: count }, (_, index) => `  s${index}: { image: a, ${attributes(index)} }\n`).join("")}`;
}

async function refusal(text: string): Promise<string> {
  return loaded(text).then(
    () => "was accepted",
    (error: Error) => error.message,
  );
}

describe("limits of a file", () => {
  it("refuses variables that are nested more than 100 levels deep in another one", () => {
    const nested = (depth: number) => `${"${A:-".repeat(depth)}x${"}".repeat(depth)}`;
    assert.equal(
      substitute(nested(101), () => undefined),
      "x",
    );
    assert.throws(() => substitute(nested(102), () => undefined), /nested more than 100 levels deep/);
    assert.deepEqual([variablesIn(nested(101)).length, variablesIn(nested(102)).length], [101, 101]);
  });

  it("cuts a message after 2000 characters", async () => {
    const message = await refusal(`services: {a: {image: x, network_mode: "service:${"b".repeat(3000)}"}}`);
    assert.match(message, /: services\.a\.network_mode: no service "b{1900,2000}…$/);
  });

  it("reports the first 100 errors of a file with 150", async () => {
    const message = (await refusal(services(150, () => "imag: b"))).split("\n");
    assert.equal(message.length, 101);
    assert.match(
      message[0] ?? "",
      /^\S+:2:\d+: services\.s0\.imag: no such attribute; did you mean "image"\?$/,
    );
    assert.equal((await refusal(services(99, () => "imag: b"))).split("\n").length, 99);
    assert.equal(message.at(-1), "100 errors; the rest of the project is not checked");
  });

  it("refuses a `host` whose braces expand to more than 1000 alternatives", async () => {
    const on = (host: string) => `hosts: {a: "tcp://a"}\nservices: {web: {image: a, host: "${host}"}}\n`;
    assert.match(
      await refusal(on("{a,b}".repeat(40))),
      /^\S+:2:\d+: services\.web\.host: "\{a,b\}.*" expands to more than 1000 alternatives$/,
    );
    assert.match(await refusal(on("h{1..10000000}")), /^\S+:2:\d+: services\.web\.host: no host/);
    assert.match(
      await refusal(on("a".repeat(100_000) + "*")),
      /a pattern of 100001 characters; at most 10000/,
    );
  });
});

describe("limits of placement", () => {
  it("refuses more than 10,000 replicas of a service", () => {
    assert.deepEqual(place(project({ web: { scale: 10_000 } })), { web: { default: 10_000 } });
    for (const service of [{ scale: 10_000_000 }, { deploy: { replicas: 10_000_000 } }])
      assert.throws(
        () => place(project({ web: service })),
        /services\.web: 10000000 replicas are more than the 10000 that a service may have/,
      );
  });

  it("refuses more than 20,000 containers of a project", () => {
    const many = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`s${index}`, { scale: 9000 }]));
    assert.throws(() => place(project(many)), /the project has more than 20000 containers/);
  });

  it("refuses a chain of more than 100 services that must share a host", () => {
    const chain = (length: number) =>
      project(
        Object.fromEntries(
          Array.from({ length }, (_, index) => [
            `s${index}`,
            index > 0 ? { network_mode: `service:s${index - 1}` } : {},
          ]),
        ),
      );
    assert.equal(Object.keys(place(chain(100))).length, 100);
    assert.throws(() => place(chain(6000)), /services\.s100: more than 100 services .* form a chain/);
  });

  it("finds ports in one range for 300 replicas", () => {
    const ports = [{ target: 80, published: "1000-2000", protocol: "tcp", mode: "ingress" }];
    assert.deepEqual(place(project({ web: { scale: 300, ports } })), { web: { default: 300 } });
  });
});
