import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resourceKinds } from "../../../../provider/model/kinds.js";
import { planOf } from "../../../support/model/plans.js";

describe("the names of a plan's resources", () => {
  it("differ, whatever the file repeats, and whichever hosts answer", async () => {
    const digest = `sha256:${"1a".repeat(32)}`;
    const text = `
name: shop
hosts: {a: "a:2375", dead: "dead:2375", c: "c:2375"}
services:
  all: {image: app, deploy: {mode: global}, pre_start: [{image: app, command: "true"}, {image: tool, command: "true"}]}
  latest: {image: "app:latest", host: [a, dead], scale: 4, distribute: stream}
  arm: {image: app, platform: linux/arm64, host: "*", scale: 3}
  long: {image: docker.io/library/app, host: dead, networks: [one, two], volumes: ["one:/1", "two:/2"]}
  pinned: {image: "redis@${digest}", host: dead, health_check: {socket: "dead:1"}, depends_on: [all]}
  again: {image: "redis@${digest}", host: a, build: ., s_depends_on: [pinned]}
networks: {one: {name: same}, two: {name: same}}
volumes: {one: {name: same}, two: {name: same}}
`;
    const made = await planOf(text, { saveSuffix: "-ok" });
    const names = made.nodes.map(({ kind, name }) => `${resourceKinds[kind]}::${name}`);
    assert.ok(names.length > 40, String(names.length));
    assert.deepEqual(
      names.filter((name, at) => names.indexOf(name) !== at),
      [],
    );
  });

  it("cannot be that of one tag for two images", async () => {
    const text = `{name: shop, services: {one: {image: "app:1"}, two: {image: "app:1@sha256:${"1a".repeat(32)}"}}}`;
    await assert.rejects(
      planOf(text, { saveSuffix: "-ok" }),
      /the images of one \(app:1\) and two \(app:1@sha256:\w+\) would both be saved as app:1-ok\n/,
    );
  });
});
