import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeNamespaces } from "../../../provider/engine/inspection/lost-namespaces.js";
import { label } from "../../../provider/model/labels.js";
import { borrowersOf, lendersOf } from "../../../provider/model/reconcile/namespaces.js";

test("services that share namespaces, also indirectly, owners first", () => {
  const services = {
    far: { ipc: "service:near", pid: "host" },
    near: { network_mode: "service:web", pid: "service:web", post_start: [{ command: ["true"] }] },
    other: { network_mode: "none" },
    web: {},
  };
  assert.deepEqual(lendersOf(services.near), ["web"]);
  assert.deepEqual(borrowersOf("web", services), [
    { service: "near", post_start: [{ command: ["true"] }] },
    { service: "far" },
  ]);
  assert.deepEqual(borrowersOf("other", services), []);
});

/** Answers are given here, because the clock of a real engine cannot be set. The times include clocks that jumped. */
test("a lost namespace is detected by the kernel's numbers, or by start times without them", async () => {
  const lost = async (times: { web: string; side: string }, numbers?: { web: string; side: string }) => {
    const run = (name: "web" | "side", HostConfig = {}) => ({
      ...{ Id: name, Name: `/shop-${name}-1`, HostConfig },
      State: { Running: true, StartedAt: `2024-01-01T${times[name]}:00Z`, Pid: name === "web" ? 7 : 8 },
    });
    const top = (name: "web" | "side") =>
      numbers && {
        Titles: ["PID", "NETNS"],
        Processes: [
          ["6", "1"],
          [name === "web" ? "7" : "8", numbers[name]],
        ],
      };
    const answers: Record<string, unknown> = {
      "/containers/web/json": run("web"),
      "/containers/side/json": run("side", { NetworkMode: "container:web" }),
      "/containers/web/top": top("web"),
      "/containers/side/top": top("side"),
    };
    const engine = { get: (path: string) => Promise.resolve(answers[path]) };
    const labels = { [label.project]: "shop", [label.service]: "side" };
    const inputs = { project: "shop", service: "side", network_mode: "service:web" };
    const containers = [{ id: "side", name: "shop-side-1", state: "running", labels }];
    const [judged] = await judgeNamespaces(engine as never, inputs as never, containers as never);
    return judged!.lost;
  };
  const [inOrder, restarted] = [
    { web: "01:00", side: "02:00" },
    { web: "03:00", side: "02:00" },
  ];
  const [same, apart] = [
    { web: "4026532300", side: "4026532300" },
    { web: "4026532400", side: "4026532300" },
  ];
  assert.equal(await lost(inOrder, same), undefined);
  assert.equal(await lost(inOrder, apart), "the network of shop-web-1");
  assert.equal(await lost(restarted, same), undefined);
  assert.equal(await lost(restarted, apart), "the network of shop-web-1");
  assert.equal(await lost(inOrder), undefined);
  assert.equal(await lost(restarted), "the network of shop-web-1");
  assert.equal(await lost(restarted, { web: "-", side: "-" }), "the network of shop-web-1");
});
