/** A stack that `docker stack deploy` has deployed and one of ours may follow each other without a restart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { reconcileService } from "../../../../provider/model/swarm/spec/reconcile.js";
import type { ServiceSpec } from "../../../../provider/model/swarm/spec-types.js";
import { file, specOf } from "../../../support/model/swarm-service.js";

const second = 1e9;

const text = file(
  `
image: nginx:1.27
command: [nginx, -g, daemon off;]
environment: { B: two, A: one }
hostname: web
init: true
labels: { a: b }
extra_hosts: ["db=10.0.0.5"]
dns: 1.1.1.1
cap_add: [NET_ADMIN]
ulimits: { nproc: 65535 }
healthcheck: { test: curl localhost, interval: 10s }
logging: { driver: json-file }
volumes: [data:/data, /etc/localtime:/etc/localtime:ro, /anonymous, { type: tmpfs, target: /cache, tmpfs: { size: 1m } }]
configs: [site]
secrets: [token]
networks: [front, default]
ports: ["8080:80"]
restart: always
deploy:
  replicas: 2
  labels: { tier: web }
  update_config: { delay: 10s }
  resources: { limits: { memory: 64m } }
  placement: { constraints: [node.role == worker] }
`,
  `
configs: { site: { content: x } }
secrets: { token: { environment: HOME } }
networks: { front: {} }
volumes: { data: {} }
`,
);

const labels = { "com.docker.stack.namespace": "shop" };
const target = { UID: "0", GID: "0", Mode: 0o444 };

/** The body of the CLI's request. */
const body = {
  Name: "shop_web",
  Labels: { ...labels, tier: "web", "com.docker.stack.image": "nginx:1.27" },
  TaskTemplate: {
    ContainerSpec: {
      Image: "nginx:1.27",
      Labels: { ...labels, a: "b" },
      Args: ["nginx", "-g", "daemon off;"],
      Hostname: "web",
      Env: ["A=one", "B=two"],
      Privileges: { CredentialSpec: null, SELinuxContext: null, NoNewPrivileges: false },
      Init: true,
      Mounts: [
        { Type: "volume", Source: "shop_data", Target: "/data", VolumeOptions: { Labels: labels } },
        { Type: "bind", Source: "/etc/localtime", Target: "/etc/localtime", ReadOnly: true },
        { Type: "volume", Target: "/anonymous" },
        { Type: "tmpfs", Target: "/cache", TmpfsOptions: { SizeBytes: 1024 * 1024 } },
      ],
      Healthcheck: { Test: ["CMD-SHELL", "curl localhost"], Interval: 10 * second },
      Hosts: ["10.0.0.5 db"],
      DNSConfig: { Nameservers: ["1.1.1.1"] },
      Secrets: [{ File: { Name: "token", ...target }, SecretID: "id of token", SecretName: "shop_token" }],
      Configs: [{ File: { Name: "site", ...target }, ConfigID: "id of site", ConfigName: "shop_site" }],
      CapabilityAdd: ["CAP_NET_ADMIN"],
      Ulimits: [{ Name: "nproc", Hard: 65535, Soft: 65535 }],
    },
    Resources: { Limits: { MemoryBytes: 64 * 1024 * 1024 } },
    RestartPolicy: { Condition: "any" },
    Placement: { Constraints: ["node.role == worker"] },
    Networks: [
      { Target: "shop_default", Aliases: ["web"] },
      { Target: "shop_front", Aliases: ["web"] },
    ],
    LogDriver: { Name: "json-file" },
    ForceUpdate: 0,
  },
  Mode: { Replicated: { Replicas: 2 } },
  UpdateConfig: { Parallelism: 1, Delay: 10 * second, MaxFailureRatio: 0, Order: "" },
  EndpointSpec: {
    Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 8080, PublishMode: "ingress" }],
  },
};

/** As swarm stores it: without empty lists and texts, while an empty mapping differs from an absent one. */
function stored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stored);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, entry]): [string, unknown] => [name, stored(entry)]);
  return Object.fromEntries(entries.filter(([name, entry]) => isStored(name, entry)));
}

function isStored(name: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  // The engine converts only the options that it knows.
  if (name === "BindOptions") return Object.keys(value ?? {}).length > 0;
  return Boolean(value);
}

test("a service of `docker stack deploy` is no change, and its next request restarts none of our tasks", async () => {
  const ours = await specOf(text);
  const theirs = JSON.parse(JSON.stringify(body)) as ServiceSpec;
  assert.deepEqual(reconcileService(ours, { spec: theirs }), {
    op: "none",
    spec: theirs,
    changes: [],
    restarts: false,
  });
  assert.deepEqual(stored(ours.TaskTemplate), stored(theirs.TaskTemplate));
  assert.deepEqual(stored(ours.EndpointSpec), stored(theirs.EndpointSpec));
});
