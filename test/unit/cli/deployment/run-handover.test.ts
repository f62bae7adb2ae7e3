import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import {
  computedOf,
  noticeOf,
  handoverOf,
  withHandoverFile,
} from "../../../../cli/deployment/run-handover.js";
import { planFromJson, withValues } from "../../../../provider/model/plan/json.js";
import { place } from "../../../../provider/model/placement/place.js";
import { plan } from "../../../../provider/model/plan/plan.js";
import { readNotice, takeHandover } from "../../../../provider/shared/run-handover.js";
import { loaded } from "../../../support/model/project.js";

const text = `
services:
  db: { image: "db:1", secrets: [token, composed], labels: { k2-compose.ref: kept } }
  web: { build: ., depends_on: [db] }
secrets:
  token: { file: ./token }
  composed: { file: ./composed }
`;
const token = "staple-of-the-vault";
const buildToken = "key-of-the-build";

async function example() {
  const project = await loaded(text);
  const contents = { configs: {}, secrets: { token, composed: "before {{k2-output-0}}" } };
  const build = { inputs: { context: "." }, definition: { context: "/shop" }, secrets: { key: buildToken } };
  const placement = place(project);
  return { placement, plan: plan(project, { placement, contents, builds: { web: build } }) };
}

describe("the handover from the CLI to the program", () => {
  it("must be the same plan after JSON, with placeholders in the place of secrets", async () => {
    const { plan: before, placement } = await example();
    const { computed } = computedOf({ plan: before, placement, variables: { "{{k2-output-0}}": "WORD" } });
    const {
      plan: sent,
      secrets,
      ...rest
    } = JSON.parse(JSON.stringify(computed)) as {
      plan: unknown;
      secrets: Record<string, unknown>;
    };
    assert.deepEqual(Object.values(secrets).sort(), [buildToken, token]);
    assert.ok(![token, buildToken].some((value) => JSON.stringify({ sent, rest }).includes(value)));
    // The content contains an output that Pulumi resolves later.
    assert.match(JSON.stringify(sent), /before \{\{k2-output-0\}\}/);
    const sameInJson = JSON.parse(JSON.stringify(before)) as unknown;
    assert.deepEqual(JSON.parse(JSON.stringify(withValues(planFromJson(sent), secrets))), sameInJson);
    assert.deepEqual(rest, { placement, variables: { "{{k2-output-0}}": "WORD" } });
  });

  it("must leave placeholders of an earlier deployment as they are", async () => {
    const { plan: before } = await example();
    const known = { "{{k2-output-0}}": { any: "value" } };
    const { computed } = computedOf({ plan: before, placement: {}, secrets: known });
    const { secrets } = computed as { secrets: Record<string, unknown> };
    assert.deepEqual(secrets["{{k2-output-0}}"], { any: "value" });
    assert.equal(Object.keys(secrets).length, 3);
  });

  it("must be in a file that only its user can read, and that is removed when it is read", async () => {
    const sent = handoverOf(
      { cwd: "/shop", env: {} },
      { run: { stopTimeout: 3 }, computed: { long: "x".repeat(200_000) } },
    );
    let file = "";
    await withHandoverFile(sent, process.env, async (env) => {
      const { stopTimeout, handover } = readNotice(env);
      assert.equal(stopTimeout, 3);
      assert.ok(handover && "file" in handover);
      file = handover.file;
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(statSync(dirname(file)).mode & 0o777, 0o700);
      assert.deepEqual(takeHandover(env), JSON.parse(JSON.stringify(sent)));
      assert.ok(!existsSync(dirname(file)));
      assert.throws(() => readFileSync(file), /ENOENT/);
    });
  });

  it("must be refused by another version of k2-compose", async () => {
    await withHandoverFile(handoverOf({ cwd: "/shop", env: {} }), process.env, async (env) => {
      const { file } = readNotice(env).handover as { file: string };
      const sent = JSON.parse(readFileSync(file, "utf8")) as { version: string };
      writeFileSync(file, JSON.stringify({ ...sent, version: "0.9.0" }));
      assert.throws(
        () => takeHandover(env),
        /^K2Error: k2-compose 0\.9\.0 runs a project in which k2-compose .+ is installed/,
      );
    });
  });

  it("must leave no file behind when the run fails before it is read", async () => {
    let file = "";
    const failing = withHandoverFile(handoverOf({ cwd: "/shop", env: {} }), process.env, async (env) => {
      file = (readNotice(env).handover as { file: string }).file;
      assert.ok(existsSync(file));
      throw new Error("no Pulumi");
    });
    await assert.rejects(failing, /no Pulumi/);
    assert.ok(!existsSync(dirname(file)));
  });

  it("must be empty for a program and for handlers that k2-compose did not start", () => {
    assert.deepEqual([takeHandover({}), readNotice({})], [{}, {}]);
    assert.deepEqual(takeHandover(noticeOf(handoverOf({ cwd: "/shop", env: {} }))), {});
  });
});
