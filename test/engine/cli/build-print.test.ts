import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ComposeFolder, createComposeFolder } from "../../support/cli/compose-folder.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";

const compose = `
services:
  we.b:
    image: reg.example:5000/web:1
    build:
      context: ./web
      dockerfile: Dockerfile
      args: { A: "1", B: "x$\${y}", FROM_ENV: }
      tags: [web:latest, "reg.example:5000/web:extra"]
      labels: { z: "1", a: b }
      additional_contexts: { base: "service:base", other: ./other, img: "docker-image://redis:7" }
      secrets: [tok, { source: file, target: other }]
      ssh: [default, key=./id]
      cache_from: ["type=registry,ref=x/y", z]
      cache_to: [type=inline]
      extra_hosts: ["up=1.2.3.4", "v6=::1", "up=5.6.7.8"]
      ulimits: { nofile: { soft: 10, hard: 20 }, nproc: 5 }
      shm_size: 64m
      network: host
      target: final
      no_cache_filter: [a]
      entitlements: [network.host]
      privileged: true
      provenance: mode=max
      sbom: "true"
      platforms: [linux/amd64, linux/arm64]
  base:
    build: { context: "https://github.com/a/b.git", no_cache: true, pull: true }
    depends_on: [third]
  third:
    build: { dockerfile_inline: "FROM a\${X}", provenance: "false" }
    platform: linux/arm64
secrets: { tok: { environment: TOKEN }, file: { file: ./f } }
`;

/** docker compose prints the bake file only if buildx is installed, but does not call buildx for it. */
const buildx = `#!/bin/sh
echo '{"SchemaVersion":"0.1.0","Vendor":"test","Version":"v0.99.0","ShortDescription":"none"}'
`;

describe("`build --print`", { skip: composeMissing() }, () => {
  const env = { FROM_ENV: "of here", TOKEN: "s", X: "${z}" };
  let shop: ComposeFolder;
  before(() => {
    const files = {
      "web/Dockerfile": "",
      "other/x": "",
      f: "",
      id: "",
      "docker/cli-plugins/docker-buildx": buildx,
    };
    shop = createComposeFolder("bake", { files: { "compose.yml": compose, ...files }, env });
    chmodSync(join(shop.folder, "docker/cli-plugins/docker-buildx"), 0o755);
  });
  after(() => shop.close());

  for (const words of [
    ["build", "--print"],
    ["build", "--print", "we.b"],
    [
      "build",
      "--print",
      "--push",
      "--build-arg",
      "Q=1",
      "--build-arg",
      "FROM_ENV",
      "--no-cache",
      "--pull",
      "--ssh=default",
      "base",
    ],
    ["build", "--print", "--with-dependencies", "base"],
  ])
    it(`must print what docker compose prints: ${words.join(" ")}`, async () => {
      const ours = await shop.cli(...words);
      const theirs = await dockerCompose(undefined, words, {
        cwd: shop.folder,
        // Neither program calls the engine.
        env: { ...env, DOCKER_CONFIG: join(shop.folder, "docker"), DOCKER_HOST: "tcp://127.0.0.1:1" },
      });
      assert.equal(ours.code, 0, ours.stderr);
      assert.equal(theirs.code, 0, theirs.stderr);
      assert.deepEqual(ordered(ours.stdout), ordered(theirs.stdout));
    });
});

/** Sorts the lists that docker compose makes from maps, whose order varies. */
function ordered(text: string): unknown {
  const { group, target } = JSON.parse(text) as {
    group: { default: { targets: string[] } };
    target: Record<string, { ssh?: string[]; ulimits?: string[] }>;
  };
  group.default.targets.sort();
  for (const { ssh, ulimits } of Object.values(target)) for (const list of [ssh, ulimits]) list?.sort();
  return { group, target };
}
