/** Tasks as `ps` shows them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ObservedNode, ObservedTask } from "../../../../provider/model/swarm/observed.js";
import { containerOf, replicasOf, replicasText } from "../../../../provider/model/swarm/convergence/tasks.js";
import { satisfies } from "../../../../provider/model/swarm/nodes.js";
import {
  global,
  node,
  nodes,
  replicated,
  service,
  spec,
  type SpecChange,
  task,
} from "../../../support/model/swarm-observations.js";

const machines = nodes("w1", "w2", "w3");

function printed(change: SpecChange, tasks: ObservedTask[], list: ObservedNode[] = machines): string[] {
  const found = replicasOf(service(change), tasks, list);
  const lines = found.replicas.map(({ name, task: { state }, host, running, error, exitCode, earlier }) =>
    [
      ...[name, state, running ? "up" : "down", `on ${host ?? "no node"}`],
      ...(exitCode === undefined ? [] : [`exit ${exitCode}`]),
      ...(error === undefined ? [] : [`"${error}"`]),
      ...(earlier.length === 0 ? [] : [`after ${earlier.map(({ id }) => id).join(" ")}`]),
    ].join(" "),
  );
  const gone = found.gone.map(({ id }) => id);
  return [replicasText(found), ...lines, ...(gone.length === 0 ? [] : [`gone: ${gone.join(" ")}`])];
}

describe("replicas of a service", () => {
  it("are the newest tasks of the slots, in the order of numbers, with the earlier ones", () => {
    const tasks = [
      task("t1", 10, "failed"),
      task("t9", 2, "running"),
      task("t12", 10, "running"),
      task("t11", 10, "failed", { createdAt: "2026-11-30T10:00:00.0115Z" }),
    ];
    assert.deepEqual(printed({}, tasks), [
      "2/3",
      "shop_web.2 running up on w2",
      "shop_web.10 running up on n-w10 after t11 t1",
    ]);
  });

  it("show the error of the attempt before while the next one is under way", () => {
    const failed = { exitCode: 3, error: "task: non-zero exit (3)" };
    const tasks = [
      task("t1", 1, "failed", failed),
      task("t2", 1, "ready", { desiredState: "ready" }),
      task("t3", 2, "failed", failed),
      task("t4", 2, "running"),
      task("t5", 3, "pending", { nodeId: undefined, error: "no suitable node" }),
    ];
    assert.deepEqual(printed({}, tasks), [
      "1/3",
      'shop_web.1 ready down on w1 exit 3 "task: non-zero exit (3)" after t1',
      "shop_web.2 running up on w2 after t3",
      'shop_web.3 pending down on no node "no suitable node"',
    ]);
  });

  it("run by their earlier task while an update starts the new one first", () => {
    const tasks = [task("t1", 1, "running"), task("t2", 1, "starting")];
    assert.deepEqual(printed({ Mode: replicated(1) }, tasks), [
      "1/1",
      "shop_web.1 starting up on w1 after t1",
    ]);
  });

  it("exclude tasks on nodes that are down, and slots that the service no longer has", () => {
    const tasks = [
      task("t1", 1, "running"),
      task("t2", 2, "running"),
      task("t3", 3, "shutdown"),
      task("t4", 4, "running", { desiredState: "remove" }),
    ];
    const list = [node("n-w1", { state: "down" }), node("n-w2")];
    assert.deepEqual(printed({ Mode: replicated(2) }, tasks, list), [
      "1/2",
      "shop_web.2 running up on w2",
      "gone: t4 t3 t1",
    ]);
  });

  it("are named after the hosts of a global service", () => {
    const tasks = [task("t1", "n-w2", "running"), task("t2", "n-w1", "failed", { exitCode: 1 })];
    assert.deepEqual(printed({ Mode: global }, tasks), [
      "1/3",
      'shop_web.w1 failed down on w1 exit 1 ""',
      "shop_web.w2 running up on w2",
    ]);
  });

  it("of a job are complete or running", () => {
    const mode = { ReplicatedJob: { TotalCompletions: 2, MaxConcurrent: 1 } };
    const tasks = [task("t1", 0, "complete", { slot: undefined }), task("t2", 1, "running")];
    assert.deepEqual(printed({ Mode: mode }, tasks), [
      "2/2",
      "shop_web.0 complete up on n-w0",
      "shop_web.1 running up on w1",
    ]);
  });
});

describe("a task as a container", () => {
  const shop = spec({
    Labels: { "com.docker.stack.image": "shop/web:1" },
    ContainerSpec: {
      Image: "shop/web:1@sha256:3c4d",
      Labels: { tier: "front" },
      Healthcheck: { Test: ["CMD", "true"] },
    },
    EndpointSpec: {
      Ports: [
        { TargetPort: 80, PublishedPort: 8080 },
        { TargetPort: 53, Protocol: "udp" },
      ],
    },
  });

  it("has the engine's id and name for it, and the service's image, labels and ports", () => {
    assert.deepEqual(containerOf(shop, task("t1", 2, "running", { containerId: "c1" })), {
      id: "c1",
      name: "shop_web.2.t1",
      image: "shop/web:1",
      imageId: "",
      state: "running",
      health: "healthy",
      created: Date.parse("2026-11-30T10:00:00Z") / 1000,
      labels: { tier: "front" },
      networks: {},
      mounts: [],
      ports: [
        { private: 80, public: 8080, protocol: "tcp" },
        { private: 53, protocol: "udp" },
      ],
    });
  });

  it("is starting until it is healthy, and exited after any end", () => {
    const states = ["preparing", "starting", "complete", "rejected"].map((state) => {
      const { state: of, health } = containerOf(shop, task("t1", 1, state));
      return [state, of, health];
    });
    assert.deepEqual(states, [
      ["preparing", "created", undefined],
      ["starting", "running", "starting"],
      ["complete", "exited", undefined],
      ["rejected", "exited", undefined],
    ]);
  });
});

describe("constraints", () => {
  const machine = node("n-w1", {
    labels: { zone: "a" },
    os: "linux",
    engineLabels: { disk: "ssd" },
  });
  const verdicts: Record<string, boolean> = {
    "node.labels.zone==A": true,
    "node.labels.zone != a": false,
    "node.labels.Zone==a": false,
    "node.labels.rack!=7": true,
    "node.role == worker": true,
    "node.id==n-w2": false,
    "node.hostname==machine": true,
    "node.platform.os==windows": false,
    "engine.labels.disk==ssd": true,
    "engine.labels.gpu==yes": false,
    // Not in the list of nodes: only the scheduler knows.
    "node.platform.arch==arm64": true,
    "node.ip==10.0.0.9": true,
  };
  for (const [text, expected] of Object.entries(verdicts))
    it(`${text} ${expected ? "holds" : "does not hold"}`, () => {
      assert.equal(satisfies(machine, text), expected);
    });
});
