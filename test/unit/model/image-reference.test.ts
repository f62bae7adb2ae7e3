import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { imageNamed } from "../../../provider/model/images/find-image.js";
import {
  byDigest,
  parseImageReference,
  sameRepository,
  withDefaultTag,
} from "../../../provider/model/images/reference.js";

const digest = `sha256:${"ab".repeat(32)}`;

describe("an image's name", () => {
  const names: [string, object][] = [
    ["redis", { registry: "docker.io", path: "library/redis", name: "redis" }],
    ["redis:7", { registry: "docker.io", path: "library/redis", name: "redis", tag: "7" }],
    ["shop/web:3", { registry: "docker.io", path: "shop/web", name: "shop/web", tag: "3" }],
    ["host:5000/name", { registry: "host:5000", path: "name", name: "host:5000/name" }],
    ["host:5000/a/b:1", { registry: "host:5000", path: "a/b", name: "host:5000/a/b", tag: "1" }],
    ["localhost/x", { registry: "localhost", path: "x", name: "localhost/x" }],
    ["docker.io/redis", { registry: "docker.io", path: "library/redis", name: "docker.io/redis" }],
    ["index.docker.io/a/b", { registry: "docker.io", path: "a/b", name: "index.docker.io/a/b" }],
    [`redis@${digest}`, { registry: "docker.io", path: "library/redis", name: "redis", digest }],
    [`host:5000/x:1@${digest}`, { registry: "host:5000", path: "x", name: "host:5000/x", tag: "1", digest }],
  ];
  for (const [text, meant] of names)
    it(`must be read: ${text}`, () => assert.deepEqual(parseImageReference(text), meant));

  for (const text of [
    "",
    "Redis",
    "redis:",
    "a b",
    "../etc",
    "a//b",
    "x?y=1",
    "redis@sha256:12",
    "a@b@c",
    "/x",
  ])
    it(`must be refused: "${text}"`, () =>
      assert.throws(() => parseImageReference(text), {
        code: "invalid-file",
        message: /invalid image name/,
      }));

  it("must get a tag when it has neither tag nor digest", () => {
    assert.equal(withDefaultTag("host:5000/name"), "host:5000/name:latest");
    assert.equal(withDefaultTag("redis:7"), "redis:7");
    assert.equal(withDefaultTag(`redis@${digest}`), `redis@${digest}`);
  });

  it("must be pinned without its tag", () =>
    assert.equal(byDigest("host:5000/x:1", digest), `host:5000/x@${digest}`));

  it("must be the same repository in every notation", () => {
    assert.ok(sameRepository("redis:7", "docker.io/library/redis:8"));
    assert.ok(!sameRepository("redis", "shop/redis"));
  });
});

test("an image of an engine is found by id, tag and digest, and never by a missing name", () => {
  const other = `sha256:${"cd".repeat(32)}`;
  const images = [
    { id: "sha256:1", tags: ["<none>:<none>"], digests: [`redis@${other}`] },
    { id: "sha256:2", tags: ["redis:7", "redis:latest"], digests: [`redis@${digest}`] },
    { id: "sha256:3", tags: [], digests: ["<none>@<none>"] },
  ];
  const found = (reference: string) => imageNamed(images, reference)?.id;
  assert.deepEqual(
    ["sha256:1", "redis", "docker.io/library/redis:7", `redis@${digest}`, `redis@${other}`].map(found),
    ["sha256:1", "sha256:2", "sha256:2", "sha256:2", "sha256:1"],
  );
  assert.deepEqual(["sha256:9", "redis:8", "shop/redis"].map(found), [undefined, undefined, undefined]);
});
