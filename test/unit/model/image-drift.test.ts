import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { imageDrift } from "../../../provider/model/changes/image-drift.js";
import type { HostSnapshot } from "../../../provider/model/observed.js";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const inputs = { project: "shop", image: "r.example/app:1" };
const run = { stack: "organization/shop/dev" };

/** A host that runs the project, with this digest of the image. */
function seen(letter: string): HostSnapshot {
  const labels = { "com.docker.compose.project": "shop" };
  const container = {
    ...{ id: "1", name: "shop-web-1", image: inputs.image, imageId: "i", state: "running", status: "Up" },
    ...{ created: 0, labels, networks: {}, mounts: [], ports: [] },
  };
  return {
    engine: {
      id: "e",
      name: "e",
      version: "28",
      apiVersion: "1.47",
      os: "linux",
      arch: "x",
      cpus: 1,
      memory: 1,
    },
    containers: [container],
    images: [{ id: "i", tags: [inputs.image], digests: [`r.example/app@${digest(letter)}`] }],
    networks: [],
    volumes: [],
  };
}

const drift = (behind: Record<string, string> | undefined, b: string) =>
  imageDrift(inputs, { digest: digest("d"), ...(behind && { behind }) }, run, [
    ["a", seen("d")],
    ["b", seen(b)],
  ]).map(({ code }) => code);

describe("the digest of an image", () => {
  it("must change for all hosts after a pull by hand on one", () => {
    assert.deepEqual(drift(undefined, "e"), ["moved"]);
    assert.deepEqual(drift({ b: digest("c") }, "e"), ["moved"]);
  });

  it("must stay when a host comes back that did not answer when it was found", () => {
    assert.deepEqual(drift({ b: digest("c") }, "c"), []);
    assert.deepEqual(drift({ b: "*" }, "c"), []);
  });
});
