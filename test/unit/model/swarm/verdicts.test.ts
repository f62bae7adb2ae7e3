/** Services that converge, poll by poll: test/fixtures/swarm/verdicts.txt. */
import {
  global,
  node,
  nodes,
  replicated,
  task,
  tasks,
  type SpecChange,
} from "../../../support/model/swarm-observations.js";
import { type Convergence, failure, printPolls } from "../../../support/model/verdicts.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const running = tasks("running", "running", "running");
const quick = { monitor: 1000 };
const healthcheck = { ContainerSpec: { Image: "shop/web:1", Healthcheck: { Test: ["CMD", "true"] } } };
const one: SpecChange = { Mode: replicated(1) };

const cases: Record<string, Convergence> = {
  "create: the tasks start, and run for a while": {
    options: quick,
    polls: [
      { at: 0, tasks: [] },
      { at: 200, tasks: tasks("preparing", "starting", "new") },
      { at: 600, tasks: running },
      { at: 1599, tasks: running },
      { at: 1600, tasks: running },
    ],
  },
  "create with a healthcheck: running means healthy": {
    spec: healthcheck,
    polls: [
      { at: 0, tasks: tasks("starting", "starting", "running") },
      { at: 900, tasks: running },
    ],
  },
  "create with a healthcheck that is switched off": {
    spec: { ContainerSpec: { Image: "shop/web:1", Healthcheck: { Test: ["NONE"] } } },
    polls: [0, 4999, 5000].map((at) => ({ at, tasks: running })),
  },
  "create of a global service: one task on each node that may have one": {
    spec: { Mode: global, Placement: { Constraints: ["node.labels.zone==a"] } },
    options: quick,
    polls: [0, 1000].map((at) => ({
      at,
      tasks: [task("t1", "n-w1", "running"), task("t2", "n-w2", "running", { desiredState: "shutdown" })],
      nodes: [
        node("n-w1", { labels: { zone: "A" } }),
        node("n-w2", { labels: { zone: "a" }, availability: "drain" }),
        node("n-w3", { labels: { zone: "a" }, state: "down" }),
        node("n-w4", { labels: { zone: "a" }, availability: "pause" }),
        node("n-w5", { labels: { zone: "b" } }),
      ],
    })),
  },
  "create of a global service: its tasks do not exist yet": {
    spec: { Mode: global },
    polls: [{ at: 0, tasks: [] }],
  },
  "a one-shot that ends without an error": {
    spec: { ...one, RestartPolicy: { Condition: "none" } },
    options: { monitor: 500 },
    polls: [
      { at: 0, tasks: tasks("running") },
      { at: 600, tasks: tasks("complete") },
      { at: 1100, tasks: tasks("complete") },
    ],
  },
  "a service that ends without an error, again and again": {
    spec: one,
    polls: [
      { at: 0, tasks: [task("t1", 1, "complete"), task("t2", 1, "running")] },
      { at: 900, tasks: [task("t2", 1, "complete"), task("t3", 1, "complete"), task("t4", 1, "ready")] },
    ],
  },
  "a rolling update": {
    polls: [
      { at: 0, tasks: [] },
      { at: 200, tasks: tasks("running"), update: ["updating", "update in progress"] },
      { at: 900, tasks: running, update: ["updating", "update in progress"] },
      { at: 3870, tasks: running, update: ["completed", "update completed"] },
    ],
  },
  "an update that is completed, while a node dies": {
    polls: [
      {
        at: 0,
        tasks: running,
        nodes: [node("n-w1", { state: "down" }), ...nodes("w2", "w3")],
        update: ["completed"],
      },
      {
        at: 200,
        tasks: [
          task("t1", 1, "running", { desiredState: "shutdown" }),
          ...running.slice(1),
          task("t4", 1, "new"),
        ],
        update: ["completed"],
      },
      { at: 900, tasks: [task("t4", 1, "running"), ...running.slice(1)], update: ["completed"] },
    ],
  },
  "scale from 3 to 5: nothing restarts": {
    spec: { Mode: replicated(5) },
    restarts: false,
    polls: [
      { at: 0, tasks: running },
      { at: 600, tasks: tasks("running", "running", "running", "running", "running") },
    ],
  },
  "scale from 3 to 2": {
    spec: { Mode: replicated(2) },
    restarts: false,
    polls: [
      { at: 0, tasks: running },
      { at: 200, tasks: [...running.slice(0, 2), task("t3", 3, "running", { desiredState: "remove" })] },
    ],
  },
  "scale to 0": { spec: { Mode: replicated(0) }, polls: [{ at: 0, tasks: [] }] },
  "a label changes: nothing restarts": { restarts: false, polls: [{ at: 0, tasks: running }] },
  "a label changes: failures of last week do not count": {
    spec: { Mode: replicated(2) },
    restarts: false,
    polls: [
      {
        at: 0,
        tasks: [
          ...["t1", "t2", "t3"].map((id) => task(id, 1, "failed", failure)),
          task("t4", 1, "running"),
          task("t5", 2, "preparing"),
        ],
      },
      { at: 400, tasks: [task("t4", 1, "running"), task("t5", 2, "running")] },
    ],
  },
};

printedSections("swarm/verdicts.txt", sectionsOf(cases, printPolls));
