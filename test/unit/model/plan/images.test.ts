import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wayToHosts } from "../../../../provider/model/images/transfer-way.js";
import type {
  HostImageContext,
  ImageContext,
  ImageInputs,
  ImageTagContext,
} from "../../../../provider/model/kinds.js";
import { gateText } from "../../../../provider/model/reconcile/operations.js";
import { nodeOf, planOf } from "../../../support/model/plans.js";

describe("images of a plan", () => {
  it("have the strictest pull policy of their services", async () => {
    const policyOf = async (...policies: string[]) => {
      const services = policies.map((policy, at) => `  s${at}: {image: app, pull_policy: ${policy}}`);
      const made = await planOf(["name: shop", "services:", ...services].join("\n"));
      return (nodeOf(made, "image app").inputs as ImageInputs).pull_policy;
    };
    assert.equal(await policyOf("never", "always", "missing"), "always");
    assert.equal(await policyOf("never", "missing"), undefined);
    assert.equal(await policyOf("never", "never"), "never");
    assert.equal(await policyOf("missing", "every_12h"), "every_12h");
  });

  it("know the hosts of an image that is not built, and whether one of its services streams it", async () => {
    const made = await planOf(`
name: shop
hosts: {b: "b:2375", a: "a:2375"}
services:
  one: {image: app, host: b}
  two: {image: app, host: a, x-distribute: stream}
  single: {image: single, host: a}
`);
    const users = made.nodes.flatMap(({ id, context }) =>
      "users" in context ? [[id, context.users?.map(({ name }) => name).join(), context.way]] : [],
    );
    assert.deepEqual(users, [
      ["image app@a", "a,b", "stream"],
      ["image app@b", "a,b", "stream"],
    ]);
  });

  it("wait for a stalling registry as long as the most patient of their services", async () => {
    const text = `
name: shop
hosts: {a: "a:2375", b: "b:2375"}
services:
  one: {image: app, host: a, x-pull-timeout: 1m30s}
  two: {image: app, host: b, build: ., pull_timeout: 20m}
  other: {image: other, host: b}
`;
    const made = await planOf(text, { saveSuffix: "-ok" });
    const timeouts = made.nodes.flatMap(({ id, context }) =>
      "pullTimeout" in context ? [`${id} ${String(context.pullTimeout)}`] : [],
    );
    assert.deepEqual(timeouts, [
      "image app 1200",
      "image app@a 1200",
      "image app@b 1200",
      "imageTag app:latest-ok 1200",
    ]);
  });

  it("are built by one service for all that use them, on its own host, under any name", async () => {
    const text = `
hosts: {a: "tcp://a:1", b: "tcp://b:1", c: "tcp://c:1"}
services:
  api: {image: shop, host: [a, c]}
  web: {image: shop, host: [b, c], build: .}
  top: {host: a, build: {context: ., additional_contexts: {ground: "service:web"}}}
  alike: {image: shop, host: c, build: .}
`;
    const build = (name: string) => ({
      inputs: { context: name },
      definition: { context: "." },
      secrets: {},
    });
    const builds = { web: build("web"), top: build("top"), alike: build("web") };
    const all = await planOf(text, { builds });
    const stack = nodeOf(all, "image shop");
    assert.deepEqual((stack.inputs as ImageInputs).build, { context: "web" });
    assert.ok((stack.context as ImageContext).build);
    const [builder, ...others] = (stack.context as ImageContext).hosts.map(({ name }) => name);
    assert.deepEqual(
      others.toSorted(),
      ["a", "b", "c"].filter((name) => name !== builder),
    );
    assert.notEqual(builder, "a");
    for (const host of ["a", "b", "c"]) {
      const { builder: from } = nodeOf(all, `image shop@${host}`).context as HostImageContext;
      assert.equal(from?.name, builder, host);
    }
    const { bases } = nodeOf(all, "image shop-top").context as ImageContext;
    assert.equal(bases!["web"]!.builder.name, builder);
  });

  it("are sent to other hosts through the registry of their name", async () => {
    const ways = {
      "reg.example:5000/web": "either",
      "reg.example/web:1": "either",
      "docker.io/shop/web": "either",
      "shop/web": "stream",
      web: "stream",
      "localhost:5000/web": "stream",
      "127.0.0.1:5000/web": "stream",
    };
    for (const [image, expected] of Object.entries(ways))
      assert.equal(wayToHosts(image, undefined), expected, image);
    assert.equal(wayToHosts("shop/web", "registry"), "registry");
    assert.equal(wayToHosts("reg.example/web", "stream"), "stream");
    const unnamed = "{services: {web: {build: ., distribute: registry}}}";
    const builds = { web: { inputs: {}, definition: { context: "." }, secrets: {} } };
    await assert.rejects(
      planOf(unnamed, { builds }),
      /services\.web\.distribute: no registry is named[^]*image: REGISTRY\/NAME/,
    );
  });
});

describe("image tags of a plan", () => {
  it("wait for the health of every service that runs the image, changed or not", async () => {
    const text = `
name: shop
hosts: {a: 10.0.0.5:2375, b: 10.0.0.6:2375}
services:
  web: {image: "shop/web:3", host: a, health_check: {http: "localhost:80"}}
  worker: {image: "shop/web:3", host: b}
  off: {image: "shop/web:3", host: a, scale: 0}
`;
    const made = await planOf(text, { saveSuffix: ".ok" });
    const { dependsOn, context } = nodeOf(made, "imageTag shop/web:3.ok");
    assert.deepEqual(dependsOn, ["service off@a", "healthCheck web@a", "service worker@b"]);
    assert.deepEqual((context as ImageTagContext).gates.map(gateText), [
      "web@a healthy and passing its health_check",
      "worker@b healthy",
    ]);
  });
});
