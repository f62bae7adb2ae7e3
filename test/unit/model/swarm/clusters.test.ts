/** How hosts form a swarm, and what is refused: test/fixtures/swarm/clusters.txt. */
import {
  type ClusterCase,
  cluster,
  formed,
  inactive,
  manager,
  member,
  printCluster,
  wanted,
} from "../../../support/model/clusters.js";
import { node } from "../../../support/model/swarm-observations.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const five = ["m1", "m2", "m3", "w1", "w2"];
const outside = Object.fromEntries(five.map((host) => [host, inactive]));
const cases: Record<string, ClusterCase> = {
  "five engines form a swarm": {
    nodes: [
      wanted("w1", { labels: { zone: "a" } }),
      wanted("m1", { swarm: { role: "manager", advertise: "10.0.0.1", data_path: "eth1" } }),
      wanted("m2", { availability: "drain" }),
      wanted("m3"),
      wanted("w2", { places: { "k2.place.shop.web": "true" } }),
    ],
    members: outside,
    settings: {
      task_history: 2,
      autolock: true,
      rotate: { ca: 1 },
      init: { address_pool: ["10.200.0.0/16"], subnet_size: 24, data_path_port: 4790 },
    },
  },
  "two managers": { nodes: [wanted("m1"), wanted("m2")], members: outside },
  "a swarm that is as the file has it": formed(...five),
  "a swarm that another program has formed is adopted": {
    ...formed("m1", "w1"),
    known: undefined,
    settings: { rotate: { worker_token: 3 } },
    swarm: {
      cluster: cluster({ labels: {} }),
      nodes: [manager("m1", { labels: {} }), node("n-w1", { labels: { zone: "b" }, availability: "drain" })],
    },
  },
  "the state was lost": { ...formed("m1", "w1"), known: undefined },
  "the first manager does not answer": {
    nodes: [wanted("m1"), wanted("w1")],
    members: { w1: inactive },
  },
  "the known swarm has no manager that answers": {
    ...formed("m1", "m2", "m3", "w1"),
    members: { m1: inactive, m2: inactive, w1: inactive },
    swarm: undefined,
  },
  "the known swarm was left by hand, on all hosts": {
    ...formed("m1", "w1"),
    members: { m1: inactive, w1: inactive },
    swarm: undefined,
  },
  "an attempt to join continues in the background": {
    ...formed("m1", "w1", "w2"),
    members: { m1: member("m1"), w1: { ...inactive, state: "pending" }, w2: inactive },
    swarm: { cluster: cluster(), nodes: [manager("m1")] },
  },
  "a worker has left and joined by hand": {
    ...formed("m1", "w1"),
    members: { m1: member("m1"), w1: member("w1", { nodeId: "n-new" }) },
    swarm: {
      cluster: cluster(),
      nodes: [manager("m1"), node("n-w1", { state: "down" }), node("n-new", { labels: {} })],
    },
  },
  "a manager has left by hand": {
    ...formed("m1", "m2", "m3"),
    members: { m1: member("m1"), m2: member("m2"), m3: inactive },
    swarm: {
      cluster: cluster(),
      nodes: [manager("m1"), manager("m2"), manager("m3", { reachability: "unreachable", state: "down" })],
    },
  },
  "a locked manager, and the key in the state": {
    ...formed("m1", "m2", "m3"),
    members: { m1: member("m1"), m2: { ...member("m2"), state: "locked" }, m3: member("m3") },
    hasUnlockKey: true,
  },
  "all managers are locked": {
    ...formed("m1", "w1"),
    members: { m1: { ...inactive, state: "locked" }, w1: inactive },
    swarm: undefined,
    hasUnlockKey: true,
  },
  "a locked manager, and no key": {
    ...formed("m1", "m2", "m3"),
    members: { m1: member("m1"), m2: { ...member("m2"), state: "locked" }, m3: member("m3") },
  },
  "the known swarm was left by hand on all managers, and a worker does not answer": {
    ...formed("m1", "w1"),
    members: { m1: inactive },
    swarm: undefined,
  },
  "a manager of the known swarm left the file, and does not answer": {
    ...formed("m1", "m2"),
    nodes: [wanted("m1")],
    members: { m1: inactive },
    swarm: undefined,
  },
  "hosts in other swarms": {
    ...formed("m1", "m2", "w1"),
    members: {
      m1: member("m1"),
      m2: member("m2", { nodeId: "n-x", clusterId: "c9", managers: [] }),
      w1: member("w1", { nodeId: "n-y", managers: ["10.0.0.8:2377", "10.0.0.9:2377"] }),
    },
    swarm: { cluster: cluster(), nodes: [manager("m1")] },
  },
  "the swarm is not the one that the state knows": {
    ...formed("m1"),
    known: { id: "c0", nodes: {} },
  },
  "the managers have lost their leader": {
    ...formed("m1", "m2", "m3"),
    members: { m1: member("m1", { error: "The swarm does not have a leader" }) },
    swarm: undefined,
  },
  "an engine whose certificate has expired, and one with live-restore": {
    ...formed("m1", "w1", "w2"),
    members: {
      m1: member("m1"),
      w1: { ...inactive, state: "error", error: "certificate has expired" },
      w2: { ...inactive, liveRestore: true },
    },
    swarm: { cluster: cluster(), nodes: [manager("m1")] },
  },
};

printedSections("swarm/clusters.txt", sectionsOf(cases, printCluster));
