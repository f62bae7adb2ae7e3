/** How a swarm changes, and what is refused: test/fixtures/swarm/cluster-changes.txt. */
import { label } from "../../../../provider/model/labels.js";
import {
  type ClusterCase,
  cluster,
  formed,
  inactive,
  knownNodes,
  manager,
  member,
  printCluster,
  stack,
  wanted,
} from "../../../support/model/clusters.js";
import { node } from "../../../support/model/swarm-observations.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const ofOthers = cluster({ labels: { [label.stack]: "organization/blog/dev" } });

const outside = { w1: inactive };

const cases: Record<string, ClusterCase> = {
  "availability, labels and roles change": {
    ...formed("m1", "m2", "m3", "w1", "w2"),
    nodes: [
      wanted("m1"),
      wanted("m2", { swarm: { role: "worker" } }),
      wanted("m3", { swarm: { role: "worker" } }),
      wanted("w1", { availability: "drain", labels: { zone: "b", "k2.host": "x" } }),
      wanted("w2", { swarm: { role: "manager" }, places: { "k2.place.shop.web": "true" } }),
    ],
    known: {
      id: "c1",
      nodes: { ...knownNodes("m1", "m2", "m3", "w2"), w1: { id: "n-w1", labels: ["zone", "rack"] } },
    },
    swarm: {
      cluster: cluster(),
      nodes: [
        manager("m1"),
        manager("m2"),
        manager("m3"),
        node("n-w1", {
          labels: {
            ...{ "k2.host": "w1", zone: "a", rack: "7", disk: "ssd" },
            ...{ "k2.place.shop.web": "true", "k2.place.shop.db": "true", "k2.place.blog.web": "true" },
          },
        }),
        node("n-w2", { availability: "drain" }),
      ],
    },
    labelsInUse: new Set(["k2.place.shop.db"]),
  },
  "a node that was drained before it was adopted, and one that the file no longer drains": {
    ...formed("m1", "w1"),
    known: {
      id: "c1",
      nodes: { m1: { id: "n-m1", adopted: "drain", labels: [] }, w1: { id: "n-w1", labels: [] } },
    },
    swarm: {
      cluster: cluster(),
      nodes: [manager("m1", { availability: "drain" }), node("n-w1", { availability: "drain" })],
    },
  },
  "a host that does not answer is changed through the manager": {
    ...formed("m1", "w1"),
    nodes: [wanted("m1"), wanted("w1", { availability: "drain" }), wanted("w2")],
    members: { m1: member("m1") },
  },
  "settings and counters change": {
    ...formed("m1"),
    settings: {
      task_history: 2,
      autolock: true,
      rotate: { worker_token: 2, manager_token: 1, unlock_key: 1, ca: 1 },
    },
    swarm: {
      cluster: cluster({
        labels: {
          ...cluster().labels,
          ...{ "k2.rotate.worker_token": "1", "k2.rotate.manager_token": "4", "k2.rotate.ca": "1" },
        },
      }),
      nodes: [manager("m1")],
    },
  },
  "the unlock key is rotated": {
    ...formed("m1"),
    settings: { autolock: true, rotate: { unlock_key: 1 } },
    swarm: { cluster: cluster({ autolock: true }), nodes: [manager("m1")] },
  },
  "settings that are fixed": {
    ...formed("m1"),
    settings: {
      init: { address_pool: ["10.200.0.0/16"], subnet_size: 26, data_path_port: 4789 },
      rotate: { unlock_key: 1 },
    },
  },
  "the swarm of another stack: equal wishes": {
    ...formed("m1", "w1"),
    known: undefined,
    nodes: [wanted("m1"), wanted("w1", { labels: { zone: "a" } })],
    settings: { task_history: 5 },
    swarm: { cluster: ofOthers, nodes: [manager("m1"), node("n-w1", { availability: "pause" })] },
  },
  "the swarm of another stack: other wishes": {
    ...formed("m1", "w1", "w2"),
    known: undefined,
    nodes: [
      wanted("m1"),
      wanted("w1", { swarm: { role: "manager" } }),
      wanted("w2", { availability: "drain", labels: { zone: "b" } }),
      wanted("w3"),
    ],
    members: { ...formed("m1", "w1", "w2").members, w3: inactive },
    settings: { task_history: 2, rotate: { ca: 1 } },
    swarm: {
      cluster: ofOthers,
      nodes: [
        manager("m1"),
        node("n-w1", { labels: { "k2.host": "machine-7" } }),
        node("n-w2", { labels: { "k2.host": "w2", zone: "a" } }),
      ],
    },
  },
  "a stack of the same name in another place": {
    ...formed("m1"),
    settings: { task_history: 2 },
    owner: { stack, stackId: "id2" },
  },
  "two engines with one host name": {
    ...formed("m1", "w1"),
    known: undefined,
    swarm: {
      cluster: cluster(),
      nodes: [manager("m1"), node("n-w1"), node("n-x", { labels: { "k2.host": "w1" }, hostname: "pc7" })],
    },
  },
  "hosts left the file": {
    ...formed("m1", "m2", "m3", "w1", "w2", "w3"),
    nodes: [wanted("m1")],
    members: { m1: member("m1"), m2: member("m2"), m3: member("m3"), w1: member("w1"), w3: member("w3") },
    known: {
      id: "c1",
      nodes: {
        ...knownNodes("m1", "m2", "m3", "w1", "w2"),
        w3: { id: "n-w3", labels: ["zone"] },
      },
    },
    swarm: {
      cluster: cluster(),
      nodes: [
        ...[manager("m1"), manager("m2"), manager("m3")],
        ...[node("n-w1", { availability: "drain" }), node("n-w2", { state: "down" })],
        node("n-w3", { labels: { "k2.host": "w3", zone: "a", disk: "ssd" } }),
      ],
    },
  },
  "a removal that would cost the quorum": {
    ...formed("m1", "m2", "m3"),
    nodes: [wanted("m1")],
    members: { m1: member("m1"), m2: member("m2") },
    swarm: {
      cluster: cluster(),
      nodes: [manager("m1"), manager("m2"), manager("m3", { reachability: "unreachable", state: "down" })],
    },
    known: {
      id: "c1",
      nodes: { ...knownNodes("m1", "m2"), m3: { id: "n-m3", labels: [] } },
    },
  },
  "the last manager becomes a worker": {
    ...formed("m1", "w1"),
    nodes: [wanted("m1", { swarm: { role: "worker" } }), wanted("w1")],
  },
  "no manager in the file": { nodes: [wanted("w1")], members: outside },
};

printedSections("swarm/cluster-changes.txt", sectionsOf(cases, printCluster));
