/** Operations of `up` on the containers of one service, with what undoes them: test/fixtures/operations.txt. */
import type { UpdateConfig } from "../../../../provider/compose/types.js";
import { preStartOf } from "../../../../provider/model/reconcile/pre-start.js";
import { rollingOf } from "../../../../provider/model/reconcile/update-policy.js";
import { label } from "../../../../provider/model/labels.js";
import type { ObservedContainer } from "../../../../provider/model/observed.js";
import { printOperation, type Swap } from "../../../../provider/model/reconcile/operations.js";
import { reconcile } from "../../../../provider/model/reconcile/reconcile.js";
import { container, desired, type DesiredOptions, old } from "../../../support/model/simulated-engine.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

type Case = [wanted: DesiredOptions, ...observed: ObservedContainer[]];

const inputs = { project: "shop", service: "web", replicas: 3, host: { name: "b", address: "b:1" } };
const second = { number: 2 };
const outdated = { ...old, number: 2 };
const take = {
  what: "port 80",
  from: "db",
  container: { id: "d1", label: "shop-db-1" },
  by: "stop" as const,
};

const cases: Record<string, Case> = {
  "a replacement, start-first": [{}, container("a1", old)],
  "a replacement, stop-first": [{ order: "stop-first" }, container("a1", old)],
  "a replacement that a probe decides": [{ probe: true }, container("a1", old)],
  "a replacement without a healthcheck": [{ healthcheck: false }, container("a1", old)],
  "a replacement of a paused container": [
    { order: "stop-first" },
    container("a1", { ...old, state: "paused" }),
  ],
  "a replacement of a container in a crash loop": [
    { order: "stop-first" },
    container("a1", { ...old, state: "restarting" }),
  ],
  "a replacement of a stopped container": [
    { order: "stop-first", healthcheck: false },
    container("a1", { ...old, state: "exited" }),
  ],
  "a replacement for several reasons": [
    { imageId: "sha256:5e6f", filesHash: "f" },
    container("a1", { state: "dead", altered: ["ports", "memory"], networks: {}, mounts: [] }),
  ],
  "a replacement of a container of docker-compose 1.x": [
    {},
    container("a1", { inherited: ["command", "user"] }),
  ],
  "a replacement that was interrupted before the start": [
    {},
    container("a1", old),
    container("b1", { name: "a1_shop-web-1", state: "created", created: 200 }),
  ],
  "a replacement that was interrupted before the removal": [
    {},
    container("a1", old),
    container("b1", { name: "a1_shop-web-1", health: "starting", created: 200 }),
  ],
  "a replacement that was interrupted, and the old one is down": [
    { order: "stop-first" },
    container("a1", { ...old, state: "exited" }),
    container("b1", { name: "a1_shop-web-1", health: "unhealthy", created: 200 }),
  ],
  "a replacement that was interrupted before the rename": [
    {},
    container("b1", { name: "a1_shop-web-1", created: 200 }),
  ],
  "a replacement of a replacement": [
    {},
    container("a1", old),
    container("b1", { ...old, name: "a1_shop-web-1", created: 200 }),
  ],
  "two containers with one number, of which the better one stays": [
    {},
    container("a1", { state: "exited", created: 300 }),
    container("b1", { name: "odd", created: 200 }),
  ],
  "two running containers with one number": [
    {},
    container("a1", { name: "odd", created: 300 }),
    container("b1", { created: 200 }),
  ],
  "two equal containers with one number": [
    { healthcheck: false },
    container("a1", { name: "odd", state: "created", created: 200 }),
    container("b1", { name: "even", state: "created", created: 300 }),
  ],
  "a lender is replaced last": [
    { replicas: 2, lends: true },
    container("a1", old),
    container("a2", outdated),
  ],
  "batches of two": [
    { replicas: 3, parallelism: 2 },
    container("a1", old),
    container("a2", outdated),
    container("a3", { ...old, number: 3 }),
  ],
  "scaled up, and its port is taken from another service": [
    { replicas: 2, healthcheck: false, takes: [take] },
    container("a1"),
  ],
  "scaled up without a healthcheck": [{ replicas: 2, healthcheck: false }, container("a1")],
  "scaled up, and must prove itself": [{ replicas: 2, healthcheck: false, prove: true }, container("a1")],
  "scaled down, and the rest is down": [
    { replicas: 1 },
    container("a1", { state: "exited" }),
    container("a2", second),
    container("b2", { ...second, name: "odd", state: "exited" }),
  ],
  "scaled down, stop-first, and the rest is down": [
    { replicas: 1, order: "stop-first" },
    container("a1", { state: "exited" }),
    container("a2", second),
  ],
  "scaled down, and the surplus is in a crash loop": [
    { replicas: 1 },
    container("a1", { state: "exited" }),
    container("a2", { ...second, state: "restarting" }),
  ],
  "scaled to 0 while paused": [{ replicas: 0 }, container("a1", { state: "paused" })],
  "states of matching containers": [
    { replicas: 7, healthcheck: false },
    container("a1", { state: "exited", exitCode: 0 }),
    container("a2", { ...second, state: "created" }),
    container("a3", { number: 3, state: "paused" }),
    container("a4", { number: 4, state: "restarting" }),
    container("a5", { number: 5, lost: "the network of shop-db-1" }),
    container("a6", { number: 6, state: "exited", lost: "the network of shop-db-1" }),
    container("a7", { number: 7, state: "restarting", lost: "the network of shop-db-1" }),
  ],
  "states of jobs": [
    { replicas: 4, job: true },
    container("a1", { state: "exited", exitCode: 0 }),
    container("a2", { ...second, state: "exited", exitCode: 1 }),
    container("a3", { number: 3, state: "restarting" }),
    container("a4", { number: 4, state: "running", health: undefined }),
  ],
  "a job that is done, and has lost its network": [
    { job: true },
    container("a1", { state: "exited", exitCode: 0, networks: {}, mounts: [] }),
  ],
  "a crash loop with a healthcheck": [{}, container("a1", { state: "restarting" })],
  "dependencies were replaced": [
    { replicas: 2, restartFor: ["db@a", "cache@a"] },
    container("a1"),
    container("a2", { ...second, state: "exited" }),
  ],
  "a container with another name": [{ containerName: "front" }, container("a1")],
  "a container with another name is down": [{ containerName: "front" }, container("a1", { state: "exited" })],
  "gates are met before a start": [{ gates: ["db@a running", "cache@a healthy"] }, container("a1", old)],
  "gates are not needed without a start": [{ gates: ["db@a running"], replicas: 0 }, container("a1", old)],
  "nothing may be recreated": [
    { noRecreate: true, filesHash: "f" },
    container("a1", { ...old, networks: {} }),
  ],
  "nothing may be recreated, but what is dead": [{ noRecreate: true }, container("a1", { state: "dead" })],
  "files of a container of docker compose": [
    { filesHash: "f", filesChanged: false },
    container("a1", {
      labels: {
        [label.project]: "shop",
        [label.service]: "web",
        [label.configHash]: "new",
        [label.number]: "not a number",
      },
    }),
  ],
  "files of a container of docker compose have changed": [
    { filesHash: "f", filesChanged: true },
    container("a1", { labels: { [label.service]: "web", [label.configHash]: "new" } }),
  ],
  "networks without a known id": [
    { networks: { one: undefined, two: "id", three: "id" } },
    container("a1", { networks: { one: { id: "x" }, two: { id: "" }, three: { id: "id" } } }),
  ],
  "a bind mount is no volume": [
    {},
    container("a1", { mounts: [{ type: "bind", name: "shop_data", target: "/data", writable: true }] }),
  ],
  "hooks before the first start": [
    { replicas: 3, parallelism: 3, preStart: { perService: [1], perReplica: [0, 2] } },
    ...[1, 2, 3].map((number) => container(`a${number}`, { ...old, number, state: "exited" })),
  ],
};

function printed([wanted, ...observed]: Case): string[] {
  const { summary, reasons, stages, kept } = reconcile(desired(wanted), observed);
  return [
    summary,
    ...reasons.map(({ code, subject, text }) => `${code} of ${subject}: ${text}`),
    ...stages.flatMap((stage, at) => stage.flatMap((one) => printSwap(one, at + 1))),
    ...(kept.length > 0 ? [`kept: ${kept.join(", ")}`] : []),
  ];
}

function printSwap({ steps, undoable, undo, lends }: Swap, stage: number): string[] {
  const undone = undo.length > 0 ? [`${stage} undo of ${undoable}`, ...undo.map(printOperation)] : [];
  return [`${stage}${lends ? " lends" : ""}`, ...steps.map(printOperation), ...undone].map((line) =>
    /^\d/.test(line) ? `stage ${line}` : line,
  );
}

const hooks = [{ command: ["x"] }, { command: ["y"], per_replica: true }, { command: ["z"] }];
const policies: UpdateConfig[] = [
  {},
  { failure_action: "continue", parallelism: 0, delay: "1m", monitor: "3s", max_failure_ratio: 0.5 },
  { failure_action: "rollback", parallelism: 2, order: "stop-first" },
  { failure_action: "unknown", order: "start-first" },
];

printedSections("operations.txt", {
  ...sectionsOf(cases, printed),
  "hooks that run once, or for each replica": () => [
    JSON.stringify(preStartOf({ pre_start: hooks })),
    JSON.stringify(preStartOf({})),
  ],
  "policies of updates": () => [
    JSON.stringify(rollingOf(inputs)),
    ...policies.map((update_config) => JSON.stringify(rollingOf({ ...inputs, deploy: { update_config } }))),
    JSON.stringify(
      rollingOf({ ...inputs, deploy: { rollback_config: { parallelism: 4 } } }, "rollback_config"),
    ),
  ],
});
