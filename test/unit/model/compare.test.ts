import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../../provider/model/changes/compare.js";
import { printField } from "../../../provider/model/changes/fields.js";
import { revisionOf } from "../../../provider/model/reconcile/desired.js";
import { desiredForRun } from "../../../provider/model/changes/service-drift.js";
import type { ServiceContext, ServiceInputs } from "../../../provider/model/kinds.js";
import type { HostSnapshot } from "../../../provider/model/observed.js";
import type { Plan } from "../../../provider/model/plan/node.js";
import { readState, type StackState } from "../../../provider/model/stack-state.js";
import { place } from "../../../provider/model/placement/place.js";
import { plan } from "../../../provider/model/plan/plan.js";
import { textsOf } from "../../../provider/model/reasons.js";
import { label } from "../../../provider/model/labels.js";
import { loaded } from "../../support/model/project.js";
import { container } from "../../support/model/simulated-engine.js";
import { planOf } from "../../support/model/plans.js";
import { stateOf } from "../../support/model/state-of-plan.js";

const ciphered = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "v1:abc",
};

async function planWith(version: string): Promise<Plan> {
  const plan = await planOf(
    `services: {web: {image: "web:1", environment: {VERSION: "${version}"}, secrets: [token]}}
secrets: {token: {environment: TOKEN}}`,
  );
  const web = plan.nodes.find(({ kind }) => kind === "service")!;
  (web.inputs as ServiceInputs).secret_contents = { token: "sesame" };
  return plan;
}

/** Returns the state after a deployment of the plan, with the files' hash. */
function deployed(plan: Plan, filesHash: string): StackState {
  const web = plan.nodes.find(({ kind }) => kind === "service")!;
  const state = stateOf(plan);
  const { outputs } = state.services[0]!;
  const context = { ...(web.context as ServiceContext), ...outputs.last, run: { stack: "" } };
  outputs.revision = revisionOf(
    desiredForRun(web.inputs as ServiceInputs, context as ServiceContext, filesHash, { networks: [] }),
  );
  const secret = readState({
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:dev::shop::k2:index:Project$pulumi-nodejs:dynamic/k2:Service::web@default",
          type: "pulumi-nodejs:dynamic/k2:Service",
          inputs: { ...web.inputs, secret_contents: { token: ciphered } },
        },
      ],
    },
  });
  state.services[0]!.inputs = secret.services[0]!.inputs;
  return state;
}

test("a secret is reported as changed only when its hash differs", async () => {
  const state = deployed(await planWith("1"), "files-1");
  const fields = async (version: string, filesHash: string) => {
    const around = { run: { stack: "" }, snapshots: new Map(), filesHash: () => filesHash };
    const changes = compare(await planWith(version), state, around);
    return changes.find(({ kind }) => kind === "service")!.fields.map(({ path }) => path);
  };
  assert.deepEqual(await fields("1", "files-1"), []);
  assert.deepEqual(await fields("2", "files-1"), ["environment.VERSION"]);
  assert.deepEqual(await fields("1", "files-2"), ["secret_contents.token"]);
});

test("the executable bit of a file alone is no change for a stack of an older version", async () => {
  const executable = { configs: { start: true } };
  const planned = async (executable?: object, version = 1, mode = "") => {
    const project = await loaded(`
services: {web: {image: "web:${version}", configs: [{source: start${mode}}]}}
configs: {start: {file: ./start}}`);
    const contents = { configs: { start: "exit" }, secrets: {}, ...(executable && { executable }) };
    return plan(project, { placement: place(project), contents });
  };
  const changed = (now: Plan, before: Plan, run: object = {}) => {
    const around = { run: { stack: "", ...run }, snapshots: new Map(), filesHash: () => undefined };
    const changes = compare(now, stateOf(before), around);
    return changes.find(({ kind }) => kind === "service")!.fields.map(printField);
  };
  const older = await planned();
  const added = '+ executable: {"configs":{"start":true}}';
  assert.deepEqual(changed(await planned(executable), older), []);
  assert.deepEqual(changed(await planned(executable, 2), older), [added, '~ image: "web:1" => "web:2"']);
  assert.deepEqual(changed(await planned(executable), older, { forceRecreate: true }), [added]);
  assert.deepEqual(changed(await planned(executable), await planned({ configs: { start: false } })), [
    "~ executable.configs.start: false => true",
  ]);
  const withMode = await planned(executable, 1, ", mode: 0500");
  assert.deepEqual(changed(withMode, await planned(undefined, 1, ", mode: 0500")), []);
});

test("only the secrets that differ are shown, with their values masked", async () => {
  const source = (token: string, mode: string) => `
services: {web: {image: "web:1", environment: {A_TOKEN: "${token}", B_TOKEN: x, MODE: "${mode}"}}}`;
  const state = stateOf(await planOf(source("1", "a")));
  const web = state.services[0]!;
  const clear = structuredClone(web.inputs);
  const outputs = web.outputs;
  outputs.revision = revisionOf(
    desiredForRun(
      clear,
      { ...outputs.last!, gates: [], run: { stack: "" } } as unknown as ServiceContext,
      undefined,
      {
        networks: [],
      },
    ),
  );
  outputs.encrypted = ["environment.A_TOKEN", "environment.B_TOKEN"];
  Object.assign(web.inputs.environment!, { A_TOKEN: "[secret]", B_TOKEN: "[secret]" });
  const fieldsOf = async (token: string, mode: string, decrypted?: Map<string, object>) => {
    const plan = await planOf(source(token, mode));
    const known = { run: { stack: "" }, snapshots: new Map(), filesHash: () => undefined };
    const changes = compare(plan, state, { ...known, ...(decrypted && { decrypted }) });
    return changes.find(({ kind }) => kind === "service")!.fields.map(printField);
  };
  assert.deepEqual(await fieldsOf("1", "a"), []);
  assert.deepEqual(await fieldsOf("1", "b"), [`~ environment.MODE: "a" => "b"`]);
  const changed = "~ environment.A_TOKEN: [secret] => [secret]";
  // Without Pulumi, any of them may be the one that changed.
  assert.deepEqual(await fieldsOf("2", "a"), [changed, changed.replace("A_", "B_")]);
  assert.deepEqual(await fieldsOf("2", "a", new Map([[web.urn, clear]])), [changed]);
});

test("a value in clear that is secret now is one change, which shows nothing else", async () => {
  const plan = await planOf(`services: {web: {image: "web:1", environment: {TOKEN: x}}}`);
  const known = { run: { stack: "" }, snapshots: new Map(), filesHash: () => undefined };
  const state = stateOf(plan);
  const actions = () =>
    compare(plan, state, known).flatMap(({ id, action, fields, reasons }) =>
      action === "same" ? [] : [[id, action, fields.length, ...textsOf(reasons)]],
    );
  assert.deepEqual(actions(), [["service web@default", "encrypt", 0, "state will be encrypted"]]);
  state.services[0]!.outputs.encrypted = ["environment.TOKEN"];
  assert.deepEqual(actions(), []);
});

test("a host at another address is reported as another engine when none of its resources are there", async () => {
  const planAt = (address: string) =>
    planOf(`hosts: {default: "${address}"}\nservices: {web: {image: "web:1"}}`);
  const state = stateOf(await planAt("a:2375"));
  Object.assign(state.hosts[0]!.outputs, { engineId: "X" });
  const saying = async (address: string, engineId: string, containers: string[]) => {
    const seen = { engine: { id: engineId }, containers: containers.map((id) => ({ id, labels: {} })) };
    const empty = { images: [], networks: [], volumes: [] };
    const snapshots = new Map([["default", { ...seen, ...empty } as unknown as HostSnapshot]]);
    const changes = compare(await planAt(address), state, {
      ...{ run: { stack: "" }, snapshots, filesHash: () => undefined },
    });
    return textsOf(changes.find(({ kind }) => kind === "host")!.reasons).join();
  };
  const other =
    /^another engine answers at tcp:\/\/b:2375: containers and volumes at tcp:\/\/a:2375 are kept there/;
  assert.match(await saying("b:2375", "Y", []), other);
  assert.match(await saying("b:2375", "X", ["of-a-clone"]), other);
  assert.equal(await saying("b:2375", "X", ["web@default"]), "");
});

test("an orphan is removed on request, by a first deployment too, and changes nothing otherwise", async () => {
  const file = (address: string) =>
    `{name: shop, hosts: {default: "${address}"}, services: {web: {image: "web:1", network_mode: none, scale: 0}}}`;
  const plan = await planOf(file("a:2375"));
  const lost = container("lost", {
    name: "shop-lost-1",
    labels: { [label.project]: "shop", [label.service]: "lost" },
  });
  const engine = { id: "engine-of-default", apiVersion: "1.47", version: "28", os: "linux", arch: "amd64" };
  const seen = { engine, containers: [lost], images: [], networks: [], volumes: [] };
  const snapshots = new Map([["default", seen as unknown as HostSnapshot]]);
  const hostOf = (now: Plan, state: StackState | undefined, run: object) => {
    const around = { run: { stack: "", ...run }, snapshots, filesHash: () => undefined };
    const { action, reasons } = compare(now, state, around).find(({ kind }) => kind === "host")!;
    return [action, ...textsOf(reasons)];
  };
  const removal = "orphan shop-lost-1: will be removed";
  const state = stateOf(plan);
  Object.assign(state.hosts[0]!.outputs, { ...engine, engineId: engine.id });
  assert.deepEqual(hostOf(plan, undefined, {}), ["create"]);
  assert.deepEqual(hostOf(plan, undefined, { removeOrphans: true }), ["create", removal]);
  assert.deepEqual(hostOf(plan, state, {}), ["same"]);
  assert.deepEqual(hostOf(plan, state, { removeOrphans: true }), ["drift", removal]);
  const moved = await planOf(file("b:2375"));
  assert.deepEqual(hostOf(moved, state, { removeOrphans: true }).slice(-1), [removal]);
});
