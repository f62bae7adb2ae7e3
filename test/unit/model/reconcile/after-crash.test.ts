import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { label } from "../../../../provider/model/labels.js";
import type { ObservedContainer } from "../../../../provider/model/observed.js";
import type { Swap } from "../../../../provider/model/reconcile/operations.js";
import type { DesiredService } from "../../../../provider/model/reconcile/desired-service.js";
import { reconcile } from "../../../../provider/model/reconcile/reconcile.js";
import { container, desired, momentsOf, SimulatedEngine } from "../../../support/model/simulated-engine.js";

let last = 0;
const newId = () => (++last).toString(16).padStart(12, "c");

const scenarios: [string, DesiredService, ObservedContainer[]][] = [
  ["create", desired({ replicas: 2 }), []],
  ["recreate start-first", desired({ replicas: 2 }), olds(2)],
  ["recreate start-first, no healthcheck", desired({ healthcheck: false }), olds(1)],
  ["recreate stop-first", desired({ replicas: 2, order: "stop-first", parallelism: 2 }), olds(2)],
  ["recreate what is down", desired(), [container("a1", { hash: "old", state: "exited" })]],
  ["scale down and recreate", desired({ replicas: 1 }), olds(3)],
  ["scale up and recreate", desired({ replicas: 3 }), olds(1)],
  ["remove", desired({ replicas: 0 }), olds(2)],
  ["rename", desired({ naming: "legacy", replicas: 2 }), [container("a1"), container("a2", { number: 2 })]],
  [
    "job",
    desired({ job: true, healthcheck: false }),
    [container("a1", { hash: "old", state: "exited", exitCode: 0 })],
  ],
  ["container_name", desired({ containerName: "www" }), [container("a1", { hash: "old", name: "www" })]],
];

for (const [name, wanted, observed] of scenarios) {
  test(`after a kill at any moment, and another one in the next run, a run converges: ${name}`, () => {
    const moments = momentsOf(
      new SimulatedEngine(wanted, observed, newId),
      reconcile(wanted, observed),
    ).length;
    for (let first = 0; first <= moments; first++) {
      const left = killedAfter(wanted, observed, first);
      for (let second = 0; second <= moments; second++)
        checkConverged(wanted, killedAfter(wanted, left, second));
    }
  });
}

const change = fc.record(
  {
    configHash: fc.constantFrom("new", "newer"),
    imageId: fc.constantFrom("sha256:3c4d", "sha256:5e6f"),
    replicas: fc.integer({ min: 0, max: 3 }),
    order: fc.constantFrom("start-first" as const, "stop-first" as const),
    parallelism: fc.integer({ min: 1, max: 3 }),
    forceRecreate: fc.boolean(),
    healthcheck: fc.boolean(),
    job: fc.boolean(),
  },
  { requiredKeys: [] },
);

/**
 * The end of a run: a kill, or a failed step (`fails`), after some moments. `order`: the interleaving of a stage's
 * swaps.
 */
const ending = fc.record({
  moments: fc.nat({ max: 25 }),
  order: fc.array(fc.nat({ max: 2 }), { maxLength: 25 }),
  fails: fc.boolean(),
});

const observedContainer = fc.record({
  number: fc.integer({ min: 1, max: 4 }),
  hash: fc.constantFrom("old", "new"),
  state: fc.constantFrom("running", "running", "exited", "created", "paused", "restarting", "dead"),
  exitCode: fc.constantFrom(0, 1),
  health: fc.constantFrom("starting" as const, "healthy" as const, "unhealthy" as const),
  networks: fc.constantFrom({ shop_default: { id: "net" } }, { shop_default: { id: "gone" } }),
});

test("after any failed runs, one complete run converges", () => {
  const runs = fc.array(fc.tuple(change, ending), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(observedContainer, { maxLength: 4 }), runs, change, (there, before, finally_) => {
      let containers = there.map((one, at) =>
        container(`a${at}`, { ...one, name: `there-${at}`, created: at }),
      );
      for (const [changed, end] of before) containers = runUntil(desired(changed), containers, end);
      const wanted = desired({ ...finally_, forceRecreate: false });
      checkConverged(wanted, containers);
    }),
    { numRuns: 1000 },
  );
});

test("a failed replacement of a container in a crash loop keeps the one that runs", () => {
  const loop = container("a1", { hash: "old", state: "restarting" });
  const left = container("a2", { health: "starting", name: "left", created: 101 });
  const after = runUntil(desired(), [loop, left], { moments: 0, order: [], fails: true });
  assert.deepEqual(
    after.map(({ id }) => id),
    ["a1", "a2"],
  );
});

function olds(count: number): ObservedContainer[] {
  return Array.from({ length: count }, (_, at) => container(`a${at + 1}`, { number: at + 1, hash: "old" }));
}

function killedAfter(
  wanted: DesiredService,
  observed: ObservedContainer[],
  moments: number,
): ObservedContainer[] {
  return runUntil(wanted, observed, { moments, order: [], fails: false });
}

function runUntil(
  wanted: DesiredService,
  observed: ObservedContainer[],
  { moments, order, fails }: { moments: number; order: number[]; fails: boolean },
): ObservedContainer[] {
  const engine = new SimulatedEngine(wanted, observed, newId);
  const watch = watcher(wanted, observed);
  let left = moments;
  for (const stage of reconcile(wanted, observed).stages) {
    const running = stage.map((swap) => ({
      swap,
      todo: swap.steps.flatMap((step, at) => engine.moments(step).map((run) => ({ run, at }))),
    }));
    let turn = 0;
    for (let active = running.filter(({ todo }) => todo.length > 0); active.length > 0;) {
      const { swap, todo } = active[(order[turn++] ?? 0) % active.length]!;
      if (left-- === 0) {
        if (fails) undo(engine, swap, todo[0]!.at, watch);
        return engine.containers;
      }
      todo.shift()!.run();
      watch(engine.containers);
      active = running.filter((one) => one.todo.length > 0);
    }
  }
  return engine.containers;
}

function undo(
  engine: SimulatedEngine,
  swap: Swap,
  failed: number,
  watch: (containers: ObservedContainer[]) => void,
): void {
  if (failed >= swap.undoable) return;
  for (const moment of engine.undo(swap.undo)) {
    moment();
    watch(engine.containers);
  }
}

/** With start-first, asserts that at every moment as many replicas are up as before, up to the wanted number. */
function watcher(
  wanted: DesiredService,
  before: ObservedContainer[],
): (containers: ObservedContainer[]) => void {
  const numbersUp = (containers: ObservedContainer[]) =>
    new Set(containers.filter(({ state }) => state === "running" || state === "paused").map(numberOf)).size;
  const atLeast =
    wanted.rolling.order === "start-first" && !wanted.job ? Math.min(numbersUp(before), wanted.replicas) : 0;
  return (containers) => assert.ok(numbersUp(containers) >= atLeast, "too few replicas are up");
}

function numberOf(one: ObservedContainer): number {
  return Number(one.labels[label.number]);
}

/** Asserts that one complete run leads to the desired containers, and that nothing remains to be done. */
function checkConverged(wanted: DesiredService, observed: ObservedContainer[]): void {
  const containers = killedAfter(wanted, observed, Infinity);
  const right = { hash: wanted.configHash, image: wanted.imageId };
  assert.equal(containers.length, wanted.replicas);
  for (const one of containers) {
    assert.deepEqual({ hash: one.labels[label.configHash], image: one.labels[label.image] }, right);
    assert.equal(
      one.name,
      wanted.containerName ?? ["shop", "web", numberOf(one)].join(wanted.naming === "compose" ? "-" : "_"),
    );
    const done = wanted.job && one.state === "exited" && one.exitCode === 0;
    assert.ok(done || one.state === "running", `${one.name} is ${one.state}`);
  }
  const again = reconcile(wanted, containers);
  assert.deepEqual([again.stages, again.reasons, again.kept.length], [[], [], wanted.replicas]);
}
