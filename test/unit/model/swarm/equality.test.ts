/** Which changes of a specification mean something, and which of them restart tasks. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { differences, printDifference } from "../../../../provider/model/swarm/spec/difference.js";
import { reconcileService } from "../../../../provider/model/swarm/spec/reconcile.js";
import type {
  ContainerSpec,
  EndpointSpec,
  ServiceSpec,
  TaskTemplate,
} from "../../../../provider/model/swarm/spec-types.js";

type Change = Partial<Omit<ServiceSpec, "TaskTemplate">> & {
  task?: Partial<TaskTemplate>;
  container?: Partial<ContainerSpec>;
};

function spec({ task, container, ...rest }: Change): ServiceSpec {
  return {
    Name: "shop_web",
    Labels: { "com.docker.stack.namespace": "shop" },
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: "nginx:latest", ...container }, ...task },
    ...rest,
  };
}

const seconds = 1e9;

/** Two spellings of the same. */
const equal: Record<string, [Change, Change]> = {
  "no resources": [{}, { task: { Resources: {} } }],
  "empty resources": [{ task: { Resources: {} } }, { task: { Resources: { Limits: {}, Reservations: {} } } }],
  "the default restart policy": [
    {},
    { task: { RestartPolicy: { Condition: "any", Delay: 5 * seconds, MaxAttempts: 0 } } },
  ],
  "no privileges": [{}, { container: { Privileges: { NoNewPrivileges: false } } }],
  "the default endpoint mode": [{}, { EndpointSpec: { Mode: "vip" } }],
  "no ports": [{ EndpointSpec: {} }, { EndpointSpec: { Mode: "vip", Ports: [] } }],
  "defaults of ports": [
    { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 80 }] } },
    {
      EndpointSpec: {
        Ports: [{ TargetPort: 80, PublishedPort: 80, Protocol: "tcp", PublishMode: "ingress" }],
      },
    },
  ],
  "the default grace period": [{}, { container: { StopGracePeriod: 10 * seconds } }],
  "no DNS options": [{}, { container: { DNSConfig: {} } }],
  "no init process": [{}, { container: { Init: false } }],
  "the default isolation": [{}, { container: { Isolation: "default" } }],
  "no variables": [{}, { container: { Env: [] } }],
  "variables in another order": [
    { container: { Env: ["A=1", "B=2"] } },
    { container: { Env: ["B=2", "A=1"] } },
  ],
  "hosts in another order": [
    { container: { Hosts: ["1.1.1.1 a", "1.1.1.2 b"] } },
    { container: { Hosts: ["1.1.1.2 b", "1.1.1.1 a"] } },
  ],
  "a disabled health check": [
    { container: { Healthcheck: { Test: ["NONE"] } } },
    { container: { Healthcheck: { Test: ["NONE"], Interval: seconds } } },
  ],
  "the default propagation": [
    {
      container: {
        Mounts: [{ Type: "bind", Source: "/a", Target: "/a", BindOptions: { NonRecursive: true } }],
      },
    },
    {
      container: {
        Mounts: [
          {
            Type: "bind",
            Source: "/a",
            Target: "/a",
            BindOptions: { Propagation: "rprivate", NonRecursive: true },
          },
        ],
      },
    },
  ],
  "a network by its id": [
    { task: { Networks: [{ Target: "shop_default" }] } },
    { task: { Networks: [{ Target: "n1" }] } },
  ],
  "a secret by its path": [
    { container: { Secrets: [secret("token")] } },
    { container: { Secrets: [secret("/run/secrets/token")] } },
  ],
  "spaces in constraints": [
    { task: { Placement: { Constraints: ["node.role==worker", "Node.Labels.Zone == a"] } } },
    { task: { Placement: { Constraints: ["node.labels.Zone==a", "node.role == worker"] } } },
  ],
  "the default update policy": [
    {},
    {
      UpdateConfig: {
        Parallelism: 1,
        FailureAction: "pause",
        Monitor: 5 * seconds,
        MaxFailureRatio: 0,
        Order: "stop-first",
      },
    },
  ],
  "a rounded failure ratio": [
    { UpdateConfig: { Parallelism: 1, MaxFailureRatio: 0.3 } },
    { UpdateConfig: { Parallelism: 1, MaxFailureRatio: Math.fround(0.3) } },
  ],
  "one replica": [{ Mode: { Replicated: {} } }, { Mode: { Replicated: { Replicas: 1 } } }],
  "completions of a job": [
    { Mode: { ReplicatedJob: { MaxConcurrent: 2 } } },
    { Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } } },
  ],
};

function secret(name: string) {
  return { SecretID: "s1", SecretName: "shop_token", File: { Name: name, UID: "0", GID: "0", Mode: 0o444 } };
}

const networks = { n1: "shop_default" };

describe("two spellings that mean the same", () => {
  for (const [title, [one, other]] of Object.entries(equal))
    it(`must change nothing: ${title}`, () => {
      for (const [observed, desired] of [
        [spec(one), spec(other)],
        [spec(other), spec(one)],
      ] as const) {
        const { op, spec: kept } = reconcileService(desired, { spec: observed }, networks);
        assert.deepEqual([op, kept], ["none", observed]);
      }
    });
});

const ports = (...Ports: NonNullable<EndpointSpec["Ports"]>): Change => ({ EndpointSpec: { Ports } });

/** The report of an edit of the first into the second. */
const unequal: Record<string, [Change, Change]> = {
  "deploy.labels.a: 1 -> none": [{ Labels: { "com.docker.stack.namespace": "shop", a: "1" } }, {}],
  "deploy.labels.a: none -> ": [{}, { Labels: { "com.docker.stack.namespace": "shop", a: "" } }],
  "deploy.replicas: 1 -> 0": [{}, { Mode: { Replicated: { Replicas: 0 } } }],
  "deploy.mode: replicated -> global (restarts tasks)": [{}, { Mode: { Global: {} } }],
  "deploy.mode: global -> global-job (restarts tasks)": [
    { Mode: { Global: {} } },
    { Mode: { GlobalJob: {} } },
  ],
  "deploy.update_config.parallelism: 1 -> 0": [{}, { UpdateConfig: { Parallelism: 0 } }],
  "deploy.rollback_config.monitor: 5s -> 1s": [{}, { RollbackConfig: { Parallelism: 1, Monitor: seconds } }],
  "deploy.restart_policy.delay: 5s -> 0s (restarts tasks)": [{}, { task: { RestartPolicy: { Delay: 0 } } }],
  "deploy.resources.limits.memory: 5 -> 6 (restarts tasks)": [
    { task: { Resources: { Limits: { MemoryBytes: 5 } } } },
    { task: { Resources: { Limits: { MemoryBytes: 6 } } } },
  ],
  "memswap_limit: none -> 0 (restarts tasks)": [{}, { task: { Resources: { SwapBytes: 0 } } }],
  'deploy.placement.constraints: none -> ["node.role==worker"] (moves tasks)': [
    {},
    { task: { Placement: { Constraints: ["node.role == worker"] } } },
  ],
  "deploy.endpoint_mode: vip -> dnsrr (restarts tasks)": [{}, { EndpointSpec: { Mode: "dnsrr" } }],
  'ports[80:80/tcp ingress]: none -> {"TargetPort":80,"PublishedPort":80,"Protocol":"tcp","PublishMode":"ingress"} (restarts tasks)':
    [{}, ports({ TargetPort: 80, PublishedPort: 80 })],
  "image: nginx:latest -> nginx:latest@sha256:1 (restarts tasks)": [
    {},
    { container: { Image: "nginx:latest@sha256:1" } },
  ],
  "labels.a: none -> b (restarts tasks)": [{}, { container: { Labels: { a: "b" } } }],
  "environment.A: changed (restarts tasks)": [{ container: { Env: ["A=1"] } }, { container: { Env: ["A"] } }],
  "environment.A: added (restarts tasks)": [{}, { container: { Env: ["A=secret"] } }],
  "stop_grace_period: 10s -> 0s (restarts tasks)": [{}, { container: { StopGracePeriod: 0 } }],
  'healthcheck.test: ["CMD","true"] -> none (restarts tasks)': [
    { container: { Healthcheck: { Test: ["CMD", "true"] } } },
    {},
  ],
  'command: ["a",""] -> ["a"] (restarts tasks)': [
    { container: { Args: ["a", ""] } },
    { container: { Args: ["a"] } },
  ],
  "volumes[/data].read_only: none -> true (restarts tasks)": [
    { container: { Mounts: [{ Type: "volume", Source: "d", Target: "/data" }] } },
    { container: { Mounts: [{ Type: "volume", Source: "d", Target: "/data", ReadOnly: true }] } },
  ],
  'shm_size: {"Type":"tmpfs","Target":"/dev/shm"} -> none (restarts tasks)': [
    { container: { Mounts: [{ Type: "tmpfs", Target: "/dev/shm" }] } },
    {},
  ],
  "configs[/a].source: shop_a-1 -> shop_a-2 (restarts tasks)": [
    { container: { Configs: [config("shop_a-1")] } },
    { container: { Configs: [config("shop_a-2")] } },
  ],
  'networks[shop_default].aliases: ["web"] -> ["web","www"] (restarts tasks)': [
    { task: { Networks: [{ Target: "n1", Aliases: ["web"] }] } },
    { task: { Networks: [{ Target: "shop_default", Aliases: ["www", "web"] }] } },
  ],
  "swarm.redeploy: none -> 1 (restarts tasks)": [{}, { task: { ForceUpdate: 1 } }],
};

function config(name: string) {
  return {
    ConfigID: `id of ${name}`,
    ConfigName: name,
    File: { Name: "/a", UID: "0", GID: "0", Mode: 0o444 },
  };
}

describe("a change of the meaning", () => {
  for (const [text, [before, after]] of Object.entries(unequal))
    it(`must be reported: ${text}`, () => {
      const found = differences(spec(before), spec(after), networks);
      assert.deepEqual(found.map(printDifference), [text]);
    });

  it("must restart the tasks of a job, whatever it is", () => {
    const job = (Labels: Record<string, string>) => spec({ Mode: { GlobalJob: {} }, Labels });
    const [change] = differences(job({ a: "1" }), job({ a: "2" }));
    assert.equal(change?.tasks, "restart");
  });
});
