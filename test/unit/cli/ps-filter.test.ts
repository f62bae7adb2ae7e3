import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filtered, readFilter } from "../../../cli/ps/filter.js";
import type { Line } from "../../../cli/ps/rows.js";

const container = (name: string, state: string, more: object = {}) => ({
  name,
  state,
  labels: {},
  image: "shop/web:1",
  ...more,
});
const line = (service: string, host: string, status: string, containers: object[]) =>
  ({ service: { service, host: { name: host }, containers }, status: { status } }) as unknown as Line;

const lines = [
  line("web", "a", "running", [
    container("shop-web-1", "running", { labels: { team: "x", tier: "front" }, health: "healthy" }),
    container("shop-web-2", "exited", { labels: { team: "y" } }),
  ]),
  line("db", "b", "error", [container("shop-db-1", "running", { health: "unhealthy" })]),
  line("job", "b", "undeployed", []),
];

describe("ps --filter", () => {
  const names = (...texts: string[]) =>
    filtered(lines, texts.map(readFilter)).map(({ service }) =>
      [service.service, ...service.containers.map(({ name }) => name)].join(" "),
    );

  it("must filter services by the table's values, and containers by docker's", () => {
    assert.deepEqual(names("status=error"), ["db shop-db-1"]);
    assert.deepEqual(names("status=undeployed"), ["job"]);
    assert.deepEqual(names("status=exited"), ["web shop-web-2"]);
  });

  it("must match any value of one key, and all of several keys", () => {
    assert.deepEqual(names("status=exited", "status=undeployed"), ["web shop-web-2", "job"]);
    assert.deepEqual(names("host=b", "status=error"), ["db shop-db-1"]);
    assert.deepEqual(names("label=team", "label=tier=front"), ["web shop-web-1"]);
    assert.deepEqual(names("health=unhealthy"), ["db shop-db-1"]);
    assert.deepEqual(names("service=w*", "name=*-1"), ["web shop-web-1"]);
    assert.deepEqual(names("image=shop/*", "health=none"), ["web shop-web-2"]);
  });

  it("must list the keys to filter by", () => {
    assert.throws(() => readFilter("status"), /KEY=VALUE/);
    assert.throws(() => readFilter("source=x"), /unknown key source \(available: status, health, /);
  });
});
