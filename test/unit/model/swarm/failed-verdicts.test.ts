/** Services that do not converge, poll by poll: test/fixtures/swarm/failed-verdicts.txt. */
import { replicated, task, tasks, type SpecChange } from "../../../support/model/swarm-observations.js";
import { type Convergence, failure, printPolls } from "../../../support/model/verdicts.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const running = tasks("running", "running", "running");
const missing = { error: 'exec: "/serve": no such file' };
const one: SpecChange = { Mode: replicated(1) };
const blames = (what: string, id: string) => `${what} due to failure or early termination of task ${id}`;

const cases: Record<string, Convergence> = {
  "tasks that die after a while never are stable": {
    spec: one,
    polls: [
      { at: 600, tasks: tasks("running") },
      {
        at: 3100,
        tasks: [task("t1", 1, "failed", failure), task("t2", 1, "ready", { desiredState: "ready" })],
      },
      { at: 8100, tasks: [task("t1", 1, "failed", failure), task("t2", 1, "running")] },
      {
        at: 10600,
        tasks: [task("t2", 1, "failed", failure), task("t3", 1, "ready", { desiredState: "ready" })],
      },
      { at: 15600, tasks: [task("t2", 1, "failed", failure), task("t3", 1, "running")] },
      {
        at: 18100,
        tasks: [task("t3", 1, "failed", failure), task("t4", 1, "ready", { desiredState: "ready" })],
      },
    ],
  },
  "a program that is missing in the image": {
    spec: one,
    polls: [
      { at: 900, tasks: [task("t1", 1, "failed", missing), task("t2", 1, "starting")] },
      { at: 1700, tasks: [task("t1", 1, "failed", missing), task("t2", 1, "failed", missing)] },
      { at: 2470, tasks: [task("t3", 1, "failed", missing), task("t4", 1, "new")] },
    ],
  },
  "an image that cannot be pulled, with 2 attempts": {
    spec: one,
    options: { attempts: 2 },
    polls: [
      {
        at: 1030,
        tasks: ["t1", "t2"].map((id) => task(id, 1, "rejected", { error: "No such image: shop/web:1" })),
      },
    ],
  },
  "a task that failed and waits for the restart's delay has attempts left": {
    spec: { ...one, RestartPolicy: { Condition: "any" } },
    polls: [0, 4000].map((at) => ({
      at,
      tasks: [task("t1", 1, "rejected", { ...missing, desiredState: "ready" })],
    })),
  },
  "an error, and no restart": {
    spec: { Mode: replicated(2), RestartPolicy: { Condition: "none" } },
    polls: [600, 1599, 1600].map((at) => ({
      at,
      tasks: [task("t1", 1, "running"), task("t2", 2, "failed", failure)],
    })),
  },
  "a bad update that pauses": {
    polls: [
      { at: 900, tasks: [task("t4", 2, "failed", failure)], update: ["updating"] },
      {
        at: 3470,
        tasks: [task("t4", 2, "failed", failure), task("t5", 2, "ready")],
        update: ["paused", blames("update paused", "t4")],
      },
    ],
  },
  "a bad update that rolls back": {
    polls: [
      { at: 900, tasks: [task("t4", 2, "failed", failure)], update: ["updating"] },
      {
        at: 1100,
        tasks: [running[0], running[2]].flatMap((each) => each ?? []),
        update: ["rollback_started", blames("update rolled back", "t4")],
      },
      { at: 5130, tasks: running, update: ["rollback_completed", "rollback completed"] },
    ],
  },
  "a bad update that rolls back, for a task that no poll saw": {
    polls: [
      { at: 900, tasks: [], update: ["rollback_started", blames("update rolled back", "t4")] },
      {
        at: 1100,
        tasks: running,
        update: ["rollback_completed", "rollback completed"],
        fetched: task("t4", 2, "failed", failure),
      },
    ],
  },
  "a bad update that has rolled back before the first poll": {
    polls: [{ at: 900, tasks: running, update: ["rollback_completed", "rollback completed"] }],
  },
  "a rollback that pauses": {
    polls: [
      {
        at: 900,
        tasks: [...running.slice(1), task("t4", 1, "rejected", missing)],
        update: ["rollback_paused", blames("rollback paused", "t4")],
      },
    ],
  },
  "a bad update that continues: completed, with no task": {
    polls: [
      { at: 900, tasks: [task("t4", 1, "failed", failure), task("t5", 1, "ready")], update: ["updating"] },
      {
        at: 4070,
        tasks: [4, 5, 6].map((id) =>
          task(`t${id}`, id - 3, "failed", { ...failure, desiredState: "running" }),
        ),
        update: ["completed", "update completed"],
      },
    ],
  },
  "constraints that no node satisfies": {
    spec: one,
    options: { timeout: 60_000 },
    polls: [0, 59_999, 60_000].map((at) => ({
      at,
      tasks: [
        task("t1", 1, "pending", {
          nodeId: undefined,
          error: "no suitable node (scheduling constraints not satisfied on 3 nodes)",
        }),
      ],
    })),
  },
  "an update that starts a second task on a host port": {
    spec: { UpdateConfig: { Order: "start-first", Delay: 10e9, Monitor: 5e9 } },
    options: { timeout: 60_000 },
    polls: [0, 74_999, 75_000].map((at) => ({
      at,
      tasks: [
        task("t4", 1, "pending", {
          nodeId: undefined,
          error: "no suitable node (host-mode port already in use on 3 nodes)",
        }),
      ],
      update: ["updating"],
    })),
  },
  "each further task is progress": {
    options: { timeout: 1000 },
    polls: [
      { at: 0, tasks: tasks("running", "preparing", "preparing") },
      { at: 900, tasks: tasks("running", "running", "preparing") },
      { at: 1800, tasks: tasks("running", "preparing", "preparing") },
      { at: 1900, tasks: tasks("running", "preparing", "preparing") },
    ],
  },
  "what was read before the update does not count": {
    base: 10,
    polls: [
      { at: 0, tasks: running, update: ["completed"] },
      { at: 200, tasks: running },
      { at: 250_000, tasks: [], version: 11 },
      { at: 549_999, tasks: [], version: 11 },
      { at: 550_000, tasks: running, update: ["completed"], version: 11 },
    ],
  },
  "the update is never seen": {
    base: 10,
    polls: [0, 299_999, 300_000].map((at) => ({ at, tasks: running })),
  },
  "many tasks are pending": {
    spec: { Mode: replicated(5) },
    polls: [0, 299_999, 300_000].map((at) => ({
      at,
      tasks: tasks("pending", "pending", "pending", "pending", "pending"),
    })),
  },
};

printedSections("swarm/failed-verdicts.txt", sectionsOf(cases, printPolls));
