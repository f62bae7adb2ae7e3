/**
 * Plans that restore an earlier state, and plans that roll back the services of some hosts: test/fixtures/restores.txt. The
 * first section has the lines that differ from the plan of the file, the others those that differ from restored states.
 */
import assert from "node:assert/strict";
import { before } from "node:test";
import { changedServices, printChanges } from "../../../../provider/model/history/service-changes.js";
import { placesToRollBack, planRollback } from "../../../../provider/model/history/rollback.js";
import { restorePlan, type RestoreOptions } from "../../../../provider/model/history/restore-plan.js";
import type { K2Error } from "../../../../provider/shared/errors.js";
import type { StackState } from "../../../../provider/model/stack-state.js";
import type { Plan, PlanNode } from "../../../../provider/model/plan/node.js";
import { newLines, planOf, printedNodes } from "../../../support/model/plans.js";
import { printedSections } from "../../../support/printed-sections.js";
import { stateOf } from "../../../support/model/state-of-plan.js";

const file = (tag: number, b: string) => `
name: shop
hosts: {a: "tcp://10.0.0.1:1", b: {address: "${b}", labels: {disk: ssd}}}
services:
  db: {image: db, host: a, health_check: {socket: "a:5432", timeout: 5}, volumes: ["data:/d"], environment: {SEAL: x}}
  cache: {image: cache, host: [a, b], pre_stop: [{command: "save"}], networks: [mesh, edge]}
  job: {image: job, host: a, restart: "no"}
  idle: {image: idle, host: b, scale: 0}
  web:
    image: web:${tag}
    host: [a, b]
    depends_on:
      db: {condition: service_healthy, restart: true}
      cache: {condition: service_started, restart: true}
      job: {condition: service_completed_successfully, required: false}
    s_depends_on: [idle]
    deploy: {update_config: {parallelism: 1, failure_action: rollback}, rollback_config: {parallelism: 1}}
  side: {image: side, host: b, network_mode: "service:web", post_start: [{command: "hello"}], health_check: {shell: "true"}}
  arm: {image: "web:${tag}", host: b, platform: linux/arm64, health_check: {shell: "true"}}
networks: {mesh: {driver: overlay, attachable: true}, edge: {external: true}}
volumes: {data: }
`;

const options = { workingDir: "/now", configFiles: ["/now/compose.yml"], others: ["gone"] };
const around: Omit<RestoreOptions, "now"> = { ...options, holders: () => [] };
const moved = "tcp://10.0.0.9:1";

const first = "tcp://10.0.0.2:1";
let plan: Plan;
const states = new Map<string, StackState>();

before(async () => {
  plan = await planOf(file(1, first), { saveSuffix: "-ok" });
  states.set(`1 ${first}`, stateOf(plan, "-1"));
  for (const address of [first, moved])
    states.set(`2 ${address}`, stateOf(await planOf(file(2, address), { saveSuffix: "-ok" }), "-2"));
});

/** Returns a copy, which a test may edit. */
function stateWith(tag: number, address = first): StackState {
  return structuredClone(states.get(`${tag} ${address}`)) ?? assert.fail(`no state ${tag} ${address}`);
}

function restored(
  edit: (then: StackState, now: StackState) => Partial<RestoreOptions> | undefined,
): string[] {
  const [then, now] = [stateWith(1), stateWith(2, moved)];
  const all = restorePlan(then, { ...around, now });
  const rest = edit(then, now);
  try {
    return newLines(restorePlan(then, { ...around, now, ...rest }), all);
  } catch (error) {
    const { code, message } = error as K2Error;
    return `${code}: ${message}`.split("\n");
  }
}

function service({ services }: StackState, name: string): StackState["services"][number] {
  return services.find((one) => one.name === name)!;
}

function rolledBack(
  names: string[],
  edit: (then: StackState, now: StackState) => void = () => undefined,
): string[] {
  const [then, now] = [stateWith(1), stateWith(2)];
  const earlier = restorePlan(then, { ...around, now });
  const present = restorePlan(now, { ...around, now });
  edit(then, now);
  const back = planRollback(now, [{ then, names }], { ...around, now });
  const { services, images, missing, stackImages } = back;
  return [
    list("services", services),
    list("images", images),
    list("missing", missing),
    list("of the stack", ids(stackImages)),
    list("order", ids(back.plan.nodes.filter(({ kind }) => kind === "service" || kind === "healthCheck"))),
    list("earlier", ids(earlierIn(back.plan, earlier, present))),
    ...newLines(back.plan, { ...present, nodes: [...present.nodes, ...earlier.nodes] }),
  ];
}

/** Returns the nodes that have something of the earlier state. */
function earlierIn(plan: Plan, earlier: Plan, present: Plan): PlanNode[] {
  const old = new Set(newLines(earlier, present));
  const has = (node: PlanNode) => printedNodes({ ...plan, nodes: [node] }).some((line) => old.has(line));
  return plan.nodes.filter(has);
}

function list(what: string, names: Iterable<string>): string {
  return `${what}: ${[...names].join(", ") || "none"}`;
}

function ids(nodes: PlanNode[]): string[] {
  return nodes.map(({ id }) => id);
}

function withoutChange(names: string[]): (then: StackState, now: StackState) => void {
  return (then, now) => {
    now.services = now.services.map((one) => (names.includes(one.name) ? service(then, one.name) : one));
  };
}

printedSections("restores.txt", {
  "all of a state": () => {
    return newLines(restorePlan(stateWith(1), { ...around, now: stateWith(2, moved) }), plan);
  },
  "without a present state": () => {
    const lines = restored(() => ({ now: undefined, others: [] }));
    return lines.filter((line) => line.startsWith("host "));
  },
  "with images that hosts have": () =>
    restored(() => ({
      holders: (id) =>
        id.startsWith("sha256:web")
          ? ["a", "b"].map((name) => ({ name, address: `${name}:1` }))
          : [{ name: "b", address: "b:1" }],
    })),
  "of a version that knew only the order of services": () =>
    restored((then) => {
      for (const { outputs } of then.services) delete outputs.last?.gates;
      return undefined;
    }),
  "with inputs that are secret now": () =>
    restored((_then, now) => {
      service(now, "db@a").outputs.encrypted = ["environment.SEAL", "image"];
      return { secrets: { names: ["SEAL"] } };
    }),
  "of a service whose image was pulled and that never came up": () =>
    restored((then) => {
      service(then, "db@a").outputs = {};
      return undefined;
    }),
  "of a service that ran another image than the host's resource names": () =>
    restored((then) => {
      service(then, "db@a").outputs.last!.imageId = "sha256:old";
      return undefined;
    }),
  "of an image that was never pulled": () =>
    restored((then) => {
      then.images[0]!.outputs = {};
      return undefined;
    }),
  "of an image that was never on its host": () =>
    restored((then) => {
      then.services = [];
      then.hostImages[0]!.outputs = {};
      return undefined;
    }),
  "of an image without one of the stack": () =>
    restored((then) => {
      then.hostImages[0]!.dependsOn = [];
      return undefined;
    }),

  "one service rolls back": () => rolledBack(["web@a"]),
  "a service rolls back on all hosts": () => rolledBack(["web@b", "web@a"]),
  "a service rolls back with those that restart with it, and that the run did not reach": () =>
    rolledBack(["cache@a"], withoutChange(["web@a", "side@b", "web@b"])),
  "a lender rolls back, and its borrower is changed": () => rolledBack(["web@b"]),
  "a lender rolls back, and its borrower has failed": () =>
    rolledBack(["web@b"], (_then, now) => (service(now, "side@b").unfinished = true)),
  "a service rolls back that needs what has left the state": () =>
    rolledBack(["db@a"], (_then, now) => {
      now.volumes = [];
      now.networks = now.networks.filter(({ name }) => name !== "shop_default@a");
    }),
  "a service never came up now": () =>
    rolledBack(["web@a"], (_then, now) => {
      service(now, "db@a").outputs = {};
      now.images[0]!.outputs = {};
    }),
  "a service never came up before": () =>
    rolledBack(["cache@a"], (then) => {
      service(then, "web@a").outputs = {};
      then.hostImages.find(({ name }) => name === "web:1@a")!.outputs = {};
    }),

  "changes between two states": () => {
    const [earlier, later] = [stateWith(1), stateWith(2)];
    service(later, "db@a").inputs.replicas = 3;
    service(later, "cache@a").outputs.revision = service(earlier, "cache@a").outputs.revision;
    service(later, "cache@b").outputs.revision = service(earlier, "cache@b").outputs.revision;
    service(later, "cache@b").unfinished = true;
    service(later, "web@b").inputs.replicas = 2;
    earlier.services = earlier.services.filter(({ name }) => name !== "job@a");
    later.services = later.services.filter(({ name }) => name !== "arm@b");
    return [
      printChanges(changedServices(earlier, later)),
      ...changedServices(earlier, later).map((change) => JSON.stringify(change)),
      JSON.stringify(changedServices(undefined, undefined)),
    ];
  },
  "places to roll back": () => {
    const [then, now] = [stateWith(1), stateWith(2)];
    const places = (failed: string[], name = "web") =>
      JSON.stringify(placesToRollBack(name, { then, now, failed }));
    const printed = [places([]), places(["web@a"]), places(["web@a", "web@b", "web@c"])];
    service(now, "web@a").outputs.revision = service(then, "web@a").outputs.revision;
    service(now, "web@a").unfinished = true;
    printed.push(places([]), places(["web@a"]));
    service(now, "web@a").inputs.replicas = 3;
    printed.push(places(["web@a"]));
    service(then, "web@b").outputs.last!.neverUp = true;
    printed.push(places(["web@b"]));
    then.services = then.services.filter(({ name }) => name !== "web@a");
    now.services = now.services.filter(({ name }) => name !== "web@b");
    printed.push(places(["web@a", "web@b"]), places([], "none"));
    return printed;
  },
});
