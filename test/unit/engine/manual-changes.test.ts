import assert from "node:assert/strict";
import { test } from "node:test";
import { alterations, asInputs } from "../../../provider/engine/inspection/manual-changes.js";

const megabyte = 1024 * 1024;
const changed = (service: object, host: object) =>
  alterations(service, host as never).map(({ path, value }) => [path, value]);

test("a change by `docker update` is reported with the compose file's attribute names", () => {
  const deploy = {
    resources: { limits: { memory: String(64 * megabyte), cpus: 0.5 } },
    restart_policy: { condition: "on-failure", max_attempts: 3 },
  };
  const host = {
    ...{ Memory: 96 * megabyte, NanoCpus: 3e8 },
    RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 },
  };
  const found = alterations({ deploy, restart: "always" }, host);
  assert.deepEqual(found, [
    { path: "deploy.resources.limits.memory", value: String(96 * megabyte) },
    { path: "deploy.resources.limits.cpus", value: 0.3 },
    { path: "deploy.restart_policy", value: { condition: "on-failure", max_attempts: 5 } },
  ]);
  assert.deepEqual(asInputs({ deploy, image: "web" }, found), {
    deploy: {
      resources: { limits: { memory: String(96 * megabyte), cpus: 0.3 } },
      restart_policy: { condition: "on-failure", max_attempts: 5 },
    },
  });
  assert.equal(deploy.resources.limits.cpus, 0.5, "the inputs are not modified");
  assert.deepEqual(
    changed({ mem_limit: "67108864", pids_limit: 9 }, { Memory: 100 * megabyte, PidsLimit: 7 }),
    [
      ["mem_limit", String(100 * megabyte)],
      ["pids_limit", 7],
    ],
  );
  assert.deepEqual(changed({ restart: "on-failure:3" }, { RestartPolicy: { Name: "no" } }), [
    ["restart", "no"],
  ]);
});

test("a value that the file does not set, or that the engine omits, is no change", () => {
  assert.deepEqual(changed({}, { Memory: megabyte, RestartPolicy: { Name: "always" } }), []);
  assert.deepEqual(changed({ mem_limit: "67108864", cpu_shares: 5 }, { Memory: 0, CpuShares: 0 }), []);
  assert.deepEqual(
    changed({ cpus: 0.1, restart: "any" }, { NanoCpus: 1e8, RestartPolicy: { Name: "always" } }),
    [],
  );
  for (const restart of ["no", "none"])
    assert.deepEqual(changed({ restart }, { RestartPolicy: { Name: "", MaximumRetryCount: 0 } }), []);
});
