import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing } from "../support/bed.js";
import { containersOf } from "../support/http-engine.js";
import { scene } from "../support/scene.js";
import { idle } from "../support/small-project.js";

const compose = `services:
  web:
    ${idle}
    depends_on: {bad: {condition: service_healthy, required: false}}
  strict:
    ${idle}
    depends_on: [bad]
  bad:
    image: k2-test/busybox:1
    command: ["sh", "-c", "exit 9"]
    healthcheck: {test: "true", interval: 500ms}
`;

describe("a dependency that is not required", { skip: bedMissing() }, () => {
  const { host, folder } = scene({ hosts: ["a"] });

  it("must be waited for, and keep nobody back where it fails", async () => {
    const env = { DOCKER_HOST: host("a").address };
    const shop = folder("optional", { files: { "compose.yml": compose }, env });
    const { code, stderr } = await shop.cli("up");
    assert.equal(code, 1, stderr);
    assert.match(stderr, /goes on without bad@default, which is not required: .*bad-1 is exited$/m);
    assert.match(stderr, /strict@default is blocked/);
    const found = await containersOf(host("a"), shop.project);
    assert.deepEqual(
      found.map(({ Name, State }) => [Name.slice(shop.project.length + 1), State.Status]),
      [
        ["bad-1", "exited"],
        ["web-1", "running"],
      ],
    );
  });
});
