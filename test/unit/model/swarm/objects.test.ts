/** Configs and secrets: which object a content has, and which ones may be removed. */
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import {
  objectProblems,
  planObject,
  printObjectPlan,
  replacedObjects,
  usersOf,
  type WantedObject,
} from "../../../../provider/model/swarm/objects.js";
import type { ObservedConfig, ObservedSwarmService } from "../../../../provider/model/swarm/observed.js";
import { service, spec } from "../../../support/model/swarm-observations.js";

const bytes = (text: string) => Buffer.from(text);
const digest = createHash("sha256").update("listen 80").digest("hex");
const hmacOf = (salt: string, text: string) => createHmac("sha256", salt).update(text).digest("hex");
const namespace = { "com.docker.stack.namespace": "shop" };

const nginx: WantedObject = {
  kind: "configs",
  project: "shop",
  key: "nginx",
  data: bytes("listen 80"),
  labels: { tier: "front" },
};
const token: WantedObject = { ...nginx, kind: "secrets", key: "token", data: bytes("s3cret"), labels: {} };

const config = (id: string, name: string, text: string, labels = {}): ObservedConfig => ({
  ...{ id, version: 3, name, labels: { ...namespace, ...labels } },
  data: bytes(text).toString("base64"),
});
const secret = (id: string, name: string, labels = {}): ObservedConfig => ({
  ...{ id, version: 3, name, labels: { ...namespace, ...labels } },
});

const ours = { "k2.of": "nginx", "k2.digest": digest, tier: "front" };
const short = digest.slice(0, 8);

function uses(kind: "Config" | "Secret", ...ids: string[]) {
  const File = { Name: "x", UID: "0", GID: "0", Mode: 0o444 };
  const ContainerSpec = {
    Image: "shop/web:1",
    ...(kind === "Config" && { Configs: ids.map((id) => ({ ConfigID: id, ConfigName: id, File })) }),
    ...(kind === "Secret" && { Secrets: ids.map((id) => ({ SecretID: id, SecretName: id, File })) }),
  };
  return { ContainerSpec };
}

const plan = (
  wanted: WantedObject,
  objects: ObservedConfig[],
  { takeOver = false, services = [] as ObservedSwarmService[] } = {},
) => planObject(wanted, { objects, services }, { salt: "salt", takeOver });

describe("a config", () => {
  it("is created under a name with the digest of its content", () => {
    assert.deepEqual(plan(nginx, [config("c0", "shop_nginx-11111111", "listen 79", { "k2.of": "nginx" })]), {
      op: "create",
      name: `shop_nginx-${short}`,
      labels: { ...namespace, ...ours },
    });
  });

  it("of the same content is used again", () => {
    const found = config("c1", `shop_nginx-${short}`, "listen 80", ours);
    assert.deepEqual(plan(nginx, [found]), { op: "use", id: "c1", name: found.name });
  });

  it("gets other labels where these differ", () => {
    const found = config("c1", `shop_nginx-${short}`, "listen 80", { ...ours, tier: "back", old: "x" });
    const update = { id: "c1", version: 3, name: found.name, labels: { ...namespace, ...ours } };
    assert.deepEqual(plan(nginx, [found]), { op: "use", id: "c1", name: found.name, update });
  });

  it("that a service uses is preferred among several of one content", () => {
    const objects = ["c1", "c2", "c3"].map((id) => config(id, `shop_nginx-${id}`, "listen 80", ours));
    const chosen = plan(nginx, objects, { services: [service(uses("Config", "c2"))] });
    assert.equal(chosen.op === "use" && chosen.id, "c2");
  });

  it("gets a longer name where another content has the first digits", () => {
    const chosen = plan(nginx, [config("c1", `shop_nginx-${short}`, "listen 81", { "k2.of": "nginx" })]);
    assert.equal(chosen.name, `shop_nginx-${digest.slice(0, 12)}`);
  });

  it("of another project or another key is not used", () => {
    const objects = [
      { ...config("c1", "blog_nginx", "listen 80", ours), labels: { "com.docker.stack.namespace": "blog" } },
      config("c2", "shop_apache-1", "listen 80", { "k2.of": "apache" }),
    ];
    assert.equal(plan(nginx, objects).op, "create");
  });
});

describe("a secret", () => {
  it("has a salted digest in its name and its label", () => {
    const hmac = hmacOf("salt", "s3cret");
    assert.deepEqual(plan(token, []), {
      op: "create",
      name: `shop_token-${hmac.slice(0, 8)}`,
      labels: { ...namespace, "k2.of": "token", "k2.digest": `salt:${hmac}` },
    });
  });

  it("of the same content is used again, with its own salt", () => {
    const labels = { "k2.of": "token", "k2.digest": `old:${hmacOf("old", "s3cret")}` };
    const found = secret("s1", "shop_token-1", labels);
    assert.deepEqual(plan(token, [found]), { op: "use", id: "s1", name: "shop_token-1" });
    assert.equal(plan({ ...token, data: bytes("other") }, [found]).op, "create");
  });
});

describe("a name that the file fixes", () => {
  const named = { ...nginx, name: "nginx-conf" };

  it("is used as it is", () => {
    assert.equal(plan(named, []).name, "nginx-conf");
    assert.equal(plan(named, [config("c1", "nginx-conf", "listen 80", ours)]).op, "use");
  });

  it("refuses another content", () => {
    const changed = plan(named, [config("c1", "nginx-conf", "listen 81", ours)]);
    assert.equal(
      printObjectPlan(named, changed),
      "refuse  nginx-conf  has another content, which cannot change: remove `name` from the file, or change it",
    );
  });

  it("refuses an object of another owner, unless it may be taken over", () => {
    const found = { ...config("c1", "nginx-conf", "listen 80"), labels: {} };
    assert.deepEqual(plan(named, [found]), { op: "refuse", code: "foreign", name: "nginx-conf" });
    const update = { id: "c1", version: 3, name: "nginx-conf", labels: { ...namespace, ...ours } };
    assert.deepEqual(plan(named, [found], { takeOver: true }), {
      ...{ op: "use", id: "c1", name: "nginx-conf" },
      update,
    });
  });
});

describe("the take-over of a stack", () => {
  const takeOver = true;

  it("keeps a config of the same content, with its labels", () => {
    const taken = plan(nginx, [config("c1", "shop_nginx", "listen 80", { old: "x" })], { takeOver });
    assert.equal(printObjectPlan(nginx, taken), "use     shop_nginx  labels of shop_nginx change");
    assert.deepEqual(taken.op === "use" && taken.update?.labels, { ...namespace, ...ours, old: "x" });
  });

  it("labels a config of another content, so that it can be removed later", () => {
    const taken = plan(nginx, [config("c1", "shop_nginx", "listen 79")], { takeOver });
    assert.equal(printObjectPlan(nginx, taken), `create  shop_nginx-${short}  labels of shop_nginx change`);
    assert.deepEqual(taken.op === "create" && taken.update?.labels, { ...namespace, "k2.of": "nginx" });
  });

  it("keeps a secret, which cannot be read, and records its digest", () => {
    const taken = plan(token, [secret("s1", "shop_token")], { takeOver });
    assert.equal(
      printObjectPlan(token, taken),
      "use     shop_token  cannot be read, taken as equal to secrets.token; labels of shop_token change",
    );
    assert.equal(taken.op === "use" && taken.update?.labels["k2.digest"], `salt:${hmacOf("salt", "s3cret")}`);
  });

  it("does not happen unasked", () => {
    assert.equal(plan(token, [secret("s1", "shop_token")]).op, "create");
  });
});

describe("replaced objects", () => {
  const named = (id: string, labels = {}) =>
    config(id, `shop_nginx-${id}`, id, { "k2.of": "nginx", ...labels });

  it("may be removed when neither a service nor its previous specification names them", () => {
    const objects = ["c1", "c2", "c3", "c4"].map((id) => named(id));
    const others = [
      named("c5", { "com.docker.stack.namespace": "blog" }),
      config("c6", "shop_x", "", { "k2.of": "gone" }),
      config("c7", "shop_nginx", ""),
    ];
    const services = [
      service(uses("Config", "c4", "c2"), { previousSpec: spec(uses("Config", "c1")) }),
      service(uses("Secret", "c4")),
    ];
    const found = replacedObjects("shop", { nginx: "c4" }, { objects: [...objects, ...others], services });
    assert.deepEqual(
      found.map(({ id }) => id),
      ["c3"],
    );
  });

  it("have users", () => {
    const services = [
      service({ ...uses("Secret", "s1"), Name: "shop_web" }, { previousSpec: spec(uses("Secret", "s1")) }),
      service({ Name: "shop_api" }, { previousSpec: spec(uses("Secret", "s1")) }),
    ];
    assert.deepEqual(usersOf({ id: "s1" }, services), [
      { service: "shop_web", by: "service" },
      { service: "shop_api", by: "rollback" },
    ]);
  });
});

describe("limits", () => {
  const codes = (change: Partial<WantedObject>) =>
    objectProblems({ ...nginx, ...change }).map(({ path, code }) => `${path} ${code}`);

  it("exclude empty and large contents", () => {
    assert.deepEqual(codes({ data: bytes("") }), ["configs.nginx empty"]);
    assert.deepEqual(codes({ data: Buffer.alloc(1_023_999) }), []);
    assert.deepEqual(codes({ data: Buffer.alloc(1_024_000) }), ["configs.nginx too-large"]);
    assert.deepEqual(codes({ kind: "secrets", data: Buffer.alloc(511_999) }), []);
    assert.deepEqual(codes({ kind: "secrets", data: Buffer.alloc(512_000) }), ["secrets.nginx too-large"]);
  });

  it("exclude names of more than 64 characters, with project and digest, and other characters", () => {
    assert.deepEqual(codes({ key: "x".repeat(50) }), []);
    assert.deepEqual(codes({ key: "x".repeat(51) }), [`configs.${"x".repeat(51)} name-too-long`]);
    assert.deepEqual(codes({ name: "x".repeat(64) }), []);
    assert.deepEqual(codes({ name: "x y" }), ["configs.nginx bad-name"]);
  });
});
