/** Node labels and constraints for `host` of services on a swarm. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  hostsAlike,
  placeLabelsInUse,
  placementInSwarm,
} from "../../../../provider/model/swarm/placement-labels.js";
import { service, spec } from "../../../support/model/swarm-observations.js";

const members = ["m1", "w1", "w2"];

const placed = (name: string, patterns: string[], hosts = patterns) => ({ service: name, patterns, hosts });

describe("`host` of services on a swarm", () => {
  it("names one host by the label that each node has", () => {
    assert.deepEqual(placementInSwarm("shop", [placed("db", ["w1"])], members), {
      constraints: { db: "node.labels.k2.host==w1" },
      labels: {},
      replicas: { db: 1 },
      problems: [],
    });
  });

  it("names several hosts by a label of the service, and runs one replica on each", () => {
    const services = [placed("web", ["w*"], ["w1", "w2"]), placed("edge", ["!w2"], ["m1", "w1"])];
    assert.deepEqual(placementInSwarm("shop", services, members), {
      constraints: {
        web: "node.labels.k2.place.shop.web==true",
        edge: "node.labels.k2.place.shop.edge==true",
      },
      labels: {
        w1: { "k2.place.shop.web": "true", "k2.place.shop.edge": "true" },
        w2: { "k2.place.shop.web": "true" },
        m1: { "k2.place.shop.edge": "true" },
      },
      replicas: { web: 2, edge: 2 },
      problems: [],
    });
  });

  it("means only hosts of the swarm by a pattern", () => {
    const { constraints, problems } = placementInSwarm(
      "shop",
      [placed("web", ["*1"], ["m1", "x1"])],
      members,
    );
    assert.deepEqual([constraints, problems], [{ web: "node.labels.k2.host==m1" }, []]);
  });

  it("refuses the name of a host outside the swarm", () => {
    const { constraints, problems } = placementInSwarm("shop", [placed("web", ["w1", "x1"])], members);
    assert.deepEqual(constraints, { web: "node.labels.k2.host==w1" });
    assert.deepEqual(problems, [
      {
        path: "services.web.host",
        what: "host x1 is not in the swarm, and the service runs on the swarm",
        hint: "Set `swarm: worker` on the host, or `swarm: false` on the service.",
      },
    ]);
  });

  it("refuses a pattern without a host of the swarm", () => {
    const { problems } = placementInSwarm("shop", [placed("web", ["x*"], ["x1"])], members);
    assert.deepEqual(
      problems.map(({ what }) => what),
      ["x* matches no host of the swarm (hosts of the swarm: m1, w1, w2)"],
    );
  });
});

describe("hosts that differ only in case", () => {
  it("are refused, because constraints ignore the case of values", () => {
    assert.deepEqual(
      hostsAlike(["w1", "m1", "W1"]).map(({ path, what }) => [path, what]),
      [["hosts.W1", "hosts w1 and W1 differ only in case, which a swarm's constraints ignore"]],
    );
    assert.deepEqual(hostsAlike(members), []);
  });
});

describe("place labels in use", () => {
  it("are those that a service or its previous specification names", () => {
    const constrained = (...Constraints: string[]) => ({ Placement: { Constraints } });
    const services = [
      service(constrained("node.labels.k2.place.shop.web == true", "node.role==worker")),
      service(constrained("node.labels.k2.host==w1"), {
        previousSpec: spec(constrained("node.labels.k2.place.shop.db==true")),
      }),
      service(constrained("node.labels.k2.place.blog.web==true")),
      service(),
    ];
    assert.deepEqual([...placeLabelsInUse("shop", services)], ["k2.place.shop.web", "k2.place.shop.db"]);
  });
});
