/** Jobs that end, or not, poll by poll: test/fixtures/swarm/verdicts-on-jobs.txt. */
import { task, type SpecChange } from "../../../support/model/swarm-observations.js";
import { type Convergence, failure, printPolls } from "../../../support/model/verdicts.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const job = (change: SpecChange = {}): SpecChange => ({
  Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 2 } },
  ...change,
});

const cases: Record<string, Convergence> = {
  "a job: two completions, one after the other": {
    spec: job(),
    jobIteration: 7,
    polls: [
      { at: 0, tasks: [task("t0", 0, "complete", { jobIteration: 6 })] },
      { at: 200, tasks: [task("t1", 0, "running", { slot: undefined, jobIteration: 7 })] },
      { at: 900, tasks: [task("t1", 0, "complete", { slot: undefined, jobIteration: 7 })] },
      {
        at: 1600,
        tasks: [
          task("t1", 0, "complete", { slot: undefined, jobIteration: 7 }),
          task("t2", 1, "complete", { jobIteration: 7 }),
        ],
      },
    ],
  },
  "a job on each node": {
    spec: { Mode: { GlobalJob: {} } },
    polls: [
      { at: 0, tasks: [task("t1", "n-w1", "complete"), task("t2", "n-w2", "running")] },
      { at: 900, tasks: ["w1", "w2", "w3"].map((host, at) => task(`t${at}`, `n-${host}`, "complete")) },
    ],
  },
  "a job that fails, with 2 restarts": {
    spec: job({ RestartPolicy: { Condition: "on-failure", MaxAttempts: 2 } }),
    polls: [
      ...[0, 200].map((at) => ({
        at,
        tasks: [...["t1", "t2"].map((id) => task(id, 0, "failed", failure)), task("t3", 0, "running")],
      })),
      ...[1600, 2600].map((at) => ({
        at,
        tasks: [task("t3", 0, "failed", { exitCode: 7, error: "exit 7" })],
      })),
    ],
  },
  "a job that fails, and restarts without an end": {
    spec: job(),
    polls: [
      {
        at: 0,
        tasks: [...["t1", "t2", "t3"].map((id) => task(id, 0, "failed", failure)), task("t4", 0, "running")],
      },
    ],
  },
  "a job may run for longer than the default time limit": {
    spec: job(),
    polls: [
      { at: 0, tasks: [task("t1", 0, "running")] },
      { at: 3_600_000, tasks: [task("t1", 0, "running")] },
      { at: 3_800_000, tasks: [task("t1", 0, "failed", failure), task("t2", 0, "pending")] },
      { at: 3_900_000, tasks: [task("t2", 0, "pending")] },
    ],
  },
  "a job with a time limit": {
    spec: job(),
    options: { timeout: 300_000 },
    polls: [0, 300_000].map((at) => ({ at, tasks: [task("t1", 0, "running")] })),
  },
};

printedSections("swarm/verdicts-on-jobs.txt", sectionsOf(cases, printPolls));
