import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closeAll, connect } from "../../support/engines.js";
import { jsonLines } from "../../../provider/engine/connection/stream.js";
import { bedMissing } from "../../support/bed/bed.js";
import { eventually } from "../../support/eventually.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";

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

/** Dependents stop slowly, so that a wrong order would show. */
const slowToStop = `image: k2-test/busybox:1
    command: ["sh", "-c", "trap 'sleep 1; exit 0' TERM; sleep 3600 & wait"]`;

const chain = `services:
  top:
    ${slowToStop}
    depends_on: [web]
  web:
    ${slowToStop}
    depends_on: {db: {condition: service_started, required: false}}
  db:
    ${idle}
`;

describe("an optional dependency", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });

  it("must be waited for, and not block its dependents when it fails", async () => {
    const env = { DOCKER_HOST: host("a").address };
    const shop = folder("optional", { files: { "compose.yml": compose }, env });
    const { code, stderr } = await shop.cli("up");
    assert.equal(code, 8, stderr);
    assert.match(stderr, /continues without bad@default, which is not required: .*bad-1 is exited$/m);
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

  it("must satisfy depends_on and s_depends_on once it has completed", async () => {
    const file = (word: string, version: number) => `services:
  init: {image: "k2-test/busybox:1", command: "true", restart: "no"}
  web:
    ${idle}
    environment: {VERSION: "${version}"}
    ${word}: [init]
`;
    const shop = folder("done", { env: { DOCKER_HOST: host("a").address } });
    shop.write("compose.yml", file("depends_on", 1));
    await shop.mustCli("up");
    const [init] = await containersOf(host("a"), shop.project);
    await engine(host("a"), "POST", `/containers/${init!.Id}/wait`);
    shop.write("compose.yml", file("depends_on", 2));
    await shop.mustCli("up");
    assert.match(await shop.mustCli("up"), /Nothing to do/);
    shop.write("compose.yml", file("s_depends_on", 3));
    await shop.mustCli("up");
  });

  it("must stop after its dependents", async () => {
    const shop = folder("in-turn", {
      files: { "compose.yml": chain },
      env: { DOCKER_HOST: host("a").address },
    });
    await shop.mustCli("up");
    const enough = new AbortController();
    const ends = await endsOf(shop.project, enough.signal);
    try {
      const output = await shop.mustCli("down");
      await eventually(async () => ends, ["top", "web", "db"]);
      assert.doesNotMatch(output, /^default: (container|network) \S+ removed$/m);
    } finally {
      enough.abort();
      await closeAll();
    }
  });

  /**
   * Collects the services whose containers end from now on. A query for past events is not possible: an engine keeps
   * only the last 256, health checks included.
   */
  async function endsOf(project: string, signal: AbortSignal): Promise<string[]> {
    const { address } = host("a");
    const filters = { event: ["die"], label: [`com.docker.compose.project=${project}`] };
    const query = { filters: JSON.stringify(filters) };
    const events = await connect({ name: "a", address }).stream("GET", "/events", { query, signal });
    const ends: string[] = [];
    const collect = async () => {
      for await (const event of jsonLines(events, { name: "a", address }))
        ends.push((event as Event).Actor.Attributes["com.docker.compose.service"]!);
    };
    collect().catch(() => undefined);
    return ends;
  }

  interface Event {
    Actor: { Attributes: Record<string, string> };
  }
});
