import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maskSecrets } from "../../../cli/rollback/compute-rollback.js";
import { chooseDeployment, type Deployment } from "../../../cli/history/deployments.js";
import { compare } from "../../../provider/model/changes/compare.js";
import { changedServices, printChanges } from "../../../provider/model/history/service-changes.js";
import type { ServiceContext } from "../../../provider/model/kinds.js";
import { printPlan } from "../../../provider/model/plan/plan.js";
import { type Plan, Ref, refsIn } from "../../../provider/model/plan/node.js";
import { planFromJson, planToJson, withValues } from "../../../provider/model/plan/json.js";
import { placementOf, restorePlan } from "../../../provider/model/history/restore-plan.js";
import { secret, type StackState } from "../../../provider/model/stack-state.js";
import { planOf } from "../../support/model/plans.js";
import { stateOf } from "../../support/model/state-of-plan.js";

const text = `
hosts: {a: "tcp://a:2375", b: "tcp://b:2375"}
services:
  db: {image: "db:1", host: a, health_check: {socket: "a:5432", timeout: 5}, volumes: ["data:/data"]}
  cache: {image: "cache:1", host: b}
  web:
    image: web:1
    host: [a, b]
    depends_on: {db: {condition: service_healthy, restart: true}, cache: {condition: service_started}}
  side: {image: "side:1", host: b, network_mode: "service:cache"}
volumes: {data: {}}
`;

const around = { holders: () => [], workingDir: "/shop", configFiles: [], others: [] };

describe("a plan of an earlier state", () => {
  it("must be the plan that the state came from", async () => {
    const before = await planOf(text);
    const state = stateOf(before);
    const again = restorePlan(state, { ...around, now: state });
    const shape = (made: Plan) =>
      made.nodes.map(({ id, inputs, dependsOn }) => [id, inputs, [...dependsOn].sort()]);
    const sorted = (made: Plan) =>
      shape(made).sort(([a], [b]) => String(a).localeCompare(String(b))) as ReturnType<typeof shape>;
    const withRefs = before.nodes.map((node) => ({
      ...node,
      dependsOn: [...new Set([...node.dependsOn, ...refsIn(node.context).map((ref) => ref.node)])],
    }));
    const unique = again.nodes.map((node) => ({ ...node, dependsOn: [...new Set(node.dependsOn)] }));
    assert.deepEqual(
      sorted({ ...again, nodes: unique }),
      JSON.parse(JSON.stringify(sorted({ ...before, nodes: withRefs }))),
    );
    for (const service of ["web@a", "web@b", "side@b"]) {
      const contexts = [before, again].map(
        ({ nodes }) => nodes.find(({ id }) => id === `service ${service}`)!.context as ServiceContext,
      );
      const of = ({ gates, shares, restarts = {} }: ServiceContext) => ({ gates, shares, restarts });
      assert.deepEqual(of(contexts[1]!), of(contexts[0]!));
    }
    assert.deepEqual(placementOf(again), {
      cache: { b: 1 },
      db: { a: 1 },
      side: { b: 1 },
      web: { a: 1, b: 1 },
    });
  });

  it("must change nothing when nothing has changed, and be the same after JSON", async () => {
    const state = stateOf(await planOf(text));
    const again = restorePlan(state, { ...around, now: state });
    const surroundings = { run: { stack: "o/p/s" }, snapshots: new Map(), filesHash: () => undefined };
    const changes = compare(planFromJson(JSON.parse(JSON.stringify(planToJson(again)))), state, surroundings);
    assert.deepEqual(
      changes.filter(({ action }) => action !== "same"),
      [],
    );
  });

  it("must put dependencies first, regardless of the state's order", async () => {
    const state = stateOf(await planOf(text));
    state.services.reverse();
    const printed = printPlan(restorePlan(state, { ...around, now: state }));
    const at = (head: string) => printed.split("\n").findIndex((line) => line.startsWith(`${head} `));
    assert.ok(at("service db@a") < at("healthCheck db@a"));
    assert.ok(at("healthCheck db@a") < at("service web@b"));
  });

  it("must use the current addresses of hosts", async () => {
    const now = stateOf(await planOf(text.replace("tcp://b:2375", "ssh://b")));
    const again = restorePlan(stateOf(await planOf(text)), { ...around, now });
    assert.doesNotMatch(JSON.stringify(planToJson(again)), /tcp:\/\/b/);
  });

  it("must use the images of that time, by id if the host has them", async () => {
    const then = stateOf(await planOf(text), "-old");
    const here = { name: "b", address: "tcp://b:2375" };
    const again = restorePlan(then, {
      ...around,
      now: undefined,
      holders: (id) => (id === "sha256:web:1-old" ? [here] : []),
    });
    const contextOf = (id: string) =>
      again.nodes.find((node) => node.id === id)!.context as never as ServiceContext;
    assert.deepEqual(contextOf("image web:1@a"), {
      digest: new Ref("image web:1", "digest"),
      pinned: { imageId: "sha256:web:1-old", holders: [here] },
    });
    assert.equal(contextOf("service web@b").imageId, "sha256:web:1-old");
    assert.deepEqual(contextOf("service web@a").imageId, new Ref("image web:1@a", "imageId"));
  });

  it("must be refused for a deployment that never became healthy", async () => {
    const then = stateOf(await planOf(text));
    then.services[0]!.outputs = {};
    assert.throws(
      () => restorePlan(then, { ...around, now: undefined }),
      /cache@b never came up in that deployment/,
    );
  });
});

describe("secrets of an earlier state", () => {
  it("must be in the plan only for a deployment, not for a preview", async () => {
    const made = await planOf("services: {web: {image: web, environment: {A: '{{k2-secret-0}}', B: plain}}}");
    const values = { "{{k2-secret-0}}": "pass" };
    const state = stateOf(await planOf("services: {web: {image: web, environment: {A: old, B: plain}}}"));
    const around = { run: { stack: "o/p/s" }, snapshots: new Map(), filesHash: () => undefined };
    const changes = compare(withValues(made, values), state, around).filter(
      ({ fields }) => fields.length > 0,
    );
    assert.deepEqual(changes[0]!.fields, [{ path: "environment.A", before: "old", after: "pass" }]);
    assert.deepEqual(maskSecrets(changes, values)[0]!.fields, [
      { path: "environment.A", before: "old", after: secret },
    ]);
  });
});

describe("the deployment to roll back to", () => {
  const stack = { backend: "file:///s", project: "shop", name: "dev" };
  const deployment = (number: number, state: StackState, result = "succeeded"): Deployment => ({
    ...{ state, changes: [] },
    run: { number, result, ended: new Date(0), message: "", document: undefined!, decrypted: undefined! },
  });

  it("must be the one before the current one, skipping failed and identical ones", async () => {
    const [one, two, three] = await Promise.all(
      ["-1", "-2", "-3"].map(async (tag) => stateOf(await planOf(text), tag)),
    );
    const all = [
      deployment(1, one!),
      deployment(2, two!),
      deployment(4, three!, "failed"),
      deployment(5, one!),
    ];
    const meant = (now: StackState | undefined, list = all, number?: number) =>
      chooseDeployment(list, number, { now, stack }).run.number;
    assert.equal(meant(one), 2);
    assert.equal(meant(three, all.slice(0, 3)), 2);
    assert.equal(meant(undefined, all), 5, "after `down`, the last deployment is meant");
    assert.equal(meant(one, all, 4), 4, "a number may name any deployment with a state");
    assert.throws(() => meant(one, all, 3), /no such deployment: 3\n?.*Available: 1, 2, 4, 5/s);
    assert.throws(() => meant(one, all.slice(0, 1)), /no earlier successful deployment/);
  });

  it("must be listed with its changes", async () => {
    const before = stateOf(await planOf(text.replace("web:1", "web:0")), "-1");
    const after = stateOf(await planOf(text.replace(/ {2}side.*\n/, "")), "-1");
    after.services.find(({ name }) => name === "web@a")!.outputs.revision = "other";
    assert.equal(printChanges(changedServices(before, after)), "-side@b, ~web@a: web:0 => web:1");
    assert.equal(printChanges(changedServices(undefined, after)), "+cache@b, +db@a, +web@a, +web@b");
  });
});
