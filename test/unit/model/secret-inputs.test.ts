import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hideSecrets,
  planFromJson,
  planToJson,
  withTexts,
  withValues,
} from "../../../provider/model/plan/json.js";
import type { Plan } from "../../../provider/model/plan/node.js";
import { withSecretTexts } from "../../../provider/model/plan/secret-inputs.js";
import type { SecretRule } from "../../../provider/model/secret-names.js";
import { planned } from "../../support/model/plans.js";
import { loaded } from "../../support/model/project.js";

const file = `x-secret: [PIN, LICENCE]
services:
  web:
    image: web:1
    environment:
      DB_PASSWORD: x
      Api_Key: x
      PIN: "1"
      PORT: "80"
      URL: "postgres://shop:\${DB_PASSWORD:-x}@db"
      TOKEN:
    configs: [page, token, from_variable]
    logging: { driver: splunk, options: { splunk-token: x, splunk-url: https://logs } }
    post_start: [{ command: "true", environment: { A_SECRET: x, MODE: x } }]
    command: ["--password", "x"]
    labels: { token: x }
    healthcheck: { test: ["CMD", "probe", "--token=x"] }
    build: { context: ., args: { NPM_TOKEN: x, VERSION: "1", KEY: "$LICENCE" } }
    volumes: ["data:/data"]
  lists:
    image: lists:1
    environment: ["URL=redis://:$REDIS_PASSWORD@cache", "MODE=x"]
configs:
  page: { content: "hello $PIN" }
  token: { content: x }
  from_variable: { environment: MY_SECRET }
volumes:
  data: { driver_opts: { type: cifs, o: "username=me,password=$SHARE_PASSWORD" } }
`;

async function secretsBy(rule: SecretRule): Promise<Record<string, string[]>> {
  const project = await loaded(file);
  const build = { args: project.services["web"]!.build!.args };
  const { nodes } = planned(project, {
    secrets: rule,
    contents: { configs: { page: "a", token: "b", from_variable: "c" }, secrets: {} },
    builds: { web: { inputs: build, definition: { context: "." }, secrets: {} } },
  });
  return Object.fromEntries(nodes.flatMap(({ id, secret }) => (secret ? [[id, secret]] : [])));
}

test("values are secret whose names, or variables, sound like a secret or stand in x-secret", async () => {
  assert.deepEqual(await secretsBy({}), {
    "image web:1": ["build.args.KEY", "build.args.NPM_TOKEN"],
    "service lists@default": ["environment.URL"],
    "service web@default": [
      ...["config_contents.from_variable", "config_contents.page", "config_contents.token"],
      ...["environment.Api_Key", "environment.DB_PASSWORD", "environment.PIN", "environment.URL"],
      ...["logging.options.splunk-token", "post_start[0].environment.A_SECRET"],
    ],
    "volume shop_data@default": ["driver_opts.o"],
  });
});

test("all encrypts whole environments, contents and build arguments; none encrypts nothing", async () => {
  const { "service web@default": web = [], "image web:1": image } = await secretsBy({ encrypt: "all" });
  assert.deepEqual(image, ["build.args.KEY", "build.args.NPM_TOKEN", "build.args.VERSION"]);
  assert.ok(web.includes("environment.PORT") && web.includes("post_start[0].environment.MODE"));
  assert.ok(!web.includes("logging.options.splunk-url"));
  assert.deepEqual(await secretsBy({ encrypt: "none" }), {});
});

test("values that contain a text are secret wherever they are", async () => {
  const project = await loaded(
    `services: {web: {image: "web:1", command: ["--key", "{{1}}"], labels: {a: b}}}`,
  );
  const whole = planned(project);
  const { nodes } = withSecretTexts(whole, ["{{1}}"]);
  assert.deepEqual(nodes.find(({ kind }) => kind === "service")!.secret, ["command[1]"]);
});

test("contents of secrets become placeholders, except those that contain one of the caller's", async () => {
  const project = await loaded(`services: {web: {image: "web:1", build: ., secrets: [a, b]}}
secrets: {a: {environment: A}, b: {environment: B}}`);
  const plan = planned(project, {
    contents: { configs: {}, secrets: { a: "sesame", b: "{{given}} word" } },
    builds: { web: { inputs: {}, definition: { context: "." }, secrets: { token: "open" } } },
  });
  const { plan: hidden, secrets } = hideSecrets(plan, ["{{given}}"]);
  const contentsIn = ({ nodes }: Plan) =>
    nodes.flatMap(({ kind, inputs, context }) => {
      if (kind === "image") return [context.build?.secrets];
      return kind === "service" ? [inputs.secret_contents] : [];
    });
  const named = JSON.stringify(contentsIn(hidden)).replace(/k2-secret-[0-9a-f-]{36}/g, "hidden");
  assert.equal(named, '[{"token":"{{hidden-0}}"},{"a":"{{hidden-1}}","b":"{{given}} word"}]');
  assert.deepEqual(Object.values(secrets), ["open", "sesame"]);
  const shown = withValues(planFromJson(JSON.parse(JSON.stringify(planToJson(hidden)))), secrets);
  assert.deepEqual(shown.nodes, plan.nodes);
  const filled = withTexts(plan, new Map([["{{given}}", "my"]]));
  assert.deepEqual(contentsIn(filled), [{ token: "open" }, { a: "sesame", b: "my word" }]);
});
