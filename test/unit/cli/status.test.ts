import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LiveService } from "../../../cli/application/live-application.js";
import { imageStatusOf, statusOf } from "../../../cli/application/status.js";
import { K2Error } from "../../../provider/shared/errors.js";
import type { ObservedContainer } from "../../../provider/model/observed.js";

const host = { name: "a", address: "tcp://a:2375" };

describe("Service-Status", () => {
  const cases: [what: string, service: LiveService, text: string][] = [
    ["nothing is there", service(), "undeployed"],
    ["it runs", service(running()), "running"],
    ["its healthcheck has not passed yet", service(running("starting")), "starting"],
    ["its healthcheck fails", service(running("healthy"), running("unhealthy")), "error"],
    ["it was stopped", service(exited(137)), "stopped"],
    ["it failed", service(exited(3)), "stopped (3)"],
    ["some of its replicas run", { ...service(running(), exited(0)), replicas: 2 }, "running 1/2"],
    [
      "its host is away",
      { ...service(), at: { host, error: new K2Error("unreachable", "no answer") } },
      "unreachable",
    ],
  ];
  for (const [what, given, text] of cases)
    it(`must be "${text}" when ${what}`, () => assert.equal(statusOf(given).text, text));

  it("must be error with the reason when health_check fails", () => {
    const status = statusOf(service(running()), { ok: false, ms: 5, reason: "connection refused" });
    assert.deepEqual(status, { status: "error", text: "error", reason: "connection refused" });
  });
});

describe("Image-Status", () => {
  it("must be `changed` when the tag refers to another image than the running one", () => {
    const given = service(running());
    given.at.snapshot = { images: [{ id: "sha256:new", tags: ["redis:7"], digests: [] }] } as never;
    given.definition = { image: "redis:7" } as never;
    assert.equal(imageStatusOf(given), "changed");
    given.containers[0]!.imageId = "sha256:new";
    assert.equal(imageStatusOf(given), "");
  });
});

function service(...containers: ObservedContainer[]): LiveService {
  return { service: "web", host, replicas: containers.length || 1, dependsOn: [], at: { host }, containers };
}

function running(health?: ObservedContainer["health"]): ObservedContainer {
  return {
    name: "shop-web-1",
    image: "redis:7",
    imageId: "sha256:old",
    state: "running",
    health,
  } as ObservedContainer;
}

function exited(exitCode: number): ObservedContainer {
  return { name: "shop-web-1", state: "exited", exitCode } as ObservedContainer;
}
