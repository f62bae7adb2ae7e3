import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cli } from "../../../support/cli/cli-run.js";
import { composeMissing, dockerCompose } from "../../../support/docker-compose/docker-compose.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

function folderWith(text: string): { cwd: string; env: NodeJS.ProcessEnv } {
  const cwd = temporaryFolder("viz");
  writeFileSync(join(cwd, "compose.yml"), text);
  return { cwd, env: { HOME: cwd, PATH: "/nowhere", DOCKER_HOST: "tcp://127.0.0.1:1" } };
}

describe("viz", () => {
  it("must print docker compose's graph, in alphabetical order", { skip: composeMissing() }, async () => {
    const folder = folderWith(`
name: shop
services:
  web:
    image: shop/web:3
    ports: ["127.0.0.1:8080:80", "443", "53:53/udp"]
    networks: {front: {}, back: {priority: 5}}
    depends_on: [db]
    links: [cache]
  db: {build: .}
  cache: {image: "redis:7", network_mode: "service:db"}
networks: {front: , back: }
`);
    for (const words of [
      ["viz"],
      ["viz", "--image", "--ports", "--networks", "--spaces", "--indentation-size", "3"],
    ]) {
      const [own, theirs] = await Promise.all([
        cli(words, folder),
        dockerCompose(undefined, ["alpha", ...words], { cwd: folder.cwd }),
      ]);
      assert.equal(own.code, 0, own.stderr);
      assert.deepEqual(
        own.stdout.split("\n").sort(),
        theirs.stdout.replace(/\n\n$/, "\n").split("\n").sort(),
      );
    }
  });

  it("must group the services of several hosts", async () => {
    const folder = folderWith(`
name: shop
hosts: {a: 10.0.0.5:2375, b: ssh://ops@b}
services:
  web: {image: web, host: a, depends_on: [db]}
  db: {image: db, host: b}
`);
    const { stdout, stderr } = await cli(["viz", "--spaces", "--indentation-size", "2"], folder);
    const label = (name: string) => `[style="filled" label=<<font point-size="15">${name}</font>>];`;
    assert.equal(
      stdout,
      `digraph "shop" {
  layout=dot;
  subgraph "cluster_a" {
    label="a\\n10.0.0.5:2375";
    "web@a" ${label("web")}
  }
  subgraph "cluster_b" {
    label="b\\nssh://ops@b";
    "db@b" ${label("db")}
  }

  "web@a" -> "db@b";
}
`,
      stderr,
    );
  });
});
