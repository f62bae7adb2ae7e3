/** `down --leave-swarm`: which nodes leave, and when it is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { planLeaving } from "../../../../provider/model/swarm/cluster/leave.js";
import { printClusterPlan } from "../../../../provider/model/swarm/cluster/operations.js";
import { knownNodes, manager } from "../../../support/model/clusters.js";
import { node } from "../../../support/model/swarm-observations.js";

const hosts = ["m1", "m2", "m3", "w1", "w2"];
const input = {
  project: "shop",
  known: { id: "c1", formed: true, nodes: knownNodes(...hosts) },
  nodes: [manager("m1", { leader: true }), manager("m2"), manager("m3"), node("n-w1"), node("n-w2")],
  objects: [],
  answering: new Set(hosts),
};

const printed = (change: Partial<Parameters<typeof planLeaving>[0]> = {}) =>
  printClusterPlan(planLeaving({ ...input, ...change }));

describe("leaving a swarm", () => {
  it("takes the workers first, then one manager after another, the leader last", () => {
    assert.deepEqual(printed(), [
      "1 leave    w1     the swarm ends",
      "1 leave    w2     the swarm ends",
      "2 role     m2     to worker: the swarm ends",
      "3 leave    m2     the swarm ends",
      "4 role     m3     to worker: the swarm ends",
      "5 leave    m3     the swarm ends",
      "6 leave    m1     the swarm ends",
    ]);
  });

  it("leaves engines behind that do not answer, and names the command for them", () => {
    const own = { id: "c1", formed: true, nodes: knownNodes("m1", "w1") };
    assert.deepEqual(
      printed({ known: own, nodes: [manager("m1"), node("n-w1")], answering: new Set(["m1"]) }),
      [
        "1 leave    m1     the swarm ends",
        "note: w1 does not answer, and stays in a swarm that has ended: run `docker swarm leave --force` on it",
      ],
    );
  });

  it("keeps a swarm that the stack has not formed", () => {
    assert.deepEqual(printed({ known: { ...input.known, formed: false } }), [
      "note: this stack has not formed the swarm, so its nodes stay in it",
    ]);
  });

  it("is refused while the swarm has nodes and objects of others", () => {
    const labelled = (key: string, value: string) => ({ [key]: value });
    const namespace = "com.docker.stack.namespace";
    assert.deepEqual(
      printed({
        nodes: [
          ...input.nodes,
          node("n-x", { labels: {}, hostname: "pc7" }),
          node("n-old", { labels: { "k2.host": "w1" } }),
        ],
        objects: [
          { kind: "service", name: "blog_web", labels: labelled(namespace, "blog") },
          { kind: "config", name: "shop_nginx", labels: labelled(namespace, "shop") },
          { kind: "network", name: "shop_default", labels: labelled("com.docker.compose.project", "shop") },
          { kind: "secret", name: "token", labels: {} },
        ],
      }),
      [
        "refused: the swarm has more than this project: node pc7, service blog_web, secret token",
        "  Remove them first, or keep the swarm: `k2-compose down` without --leave-swarm.",
      ],
    );
  });
});
