/** Specifications of services with all attributes that Swarm mode takes, as `docker stack deploy` makes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { claims } from "../../../../provider/model/swarm/spec/spec.js";
import { file, printedFields, specOf } from "../../../support/model/swarm-service.js";
import { loaded } from "../../../support/model/project.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const files: Record<string, string> = {
  "a service of an image": file("image: nginx"),
  "containers and their options": file(`
image: docker.io/library/nginx:1.27
command: ["nginx", "-g", "daemon off;"]
entrypoint: /entry.sh --verbose
environment: { B: two, A: one, HOST: "{{.Node.Hostname}}", UNSET: null }
hostname: "web-{{.Task.Slot}}"
user: "1000:1000"
working_dir: /srv
stop_signal: SIGINT
stop_grace_period: 1m30s
init: true
isolation: default
tty: true
stdin_open: true
read_only: true
labels: { com.example.a: "1", empty: "" }
extra_hosts: ["db=10.0.0.5", "v6=[::1]"]
dns: [1.1.1.1]
dns_search: example.com
dns_opt: ["ndots:2"]
sysctls: { net.core.somaxconn: 1024 }
ulimits: { nproc: 65535, nofile: { soft: 20000, hard: 40000 } }
cap_add: [net_admin, SYS_TIME]
cap_drop: [ALL]
group_add: ["100"]
oom_score_adj: -500
security_opt: ["no-new-privileges:true", seccomp=unconfined, "apparmor:unconfined", "label=disable"]
healthcheck: { test: curl localhost, interval: 10s, timeout: 5s, retries: 3, start_period: 20s, start_interval: 1s }
logging: { driver: json-file, options: { max-size: 10m } }
`),
  "a disabled health check and dropped capabilities": file(`
image: nginx@sha256:${"a".repeat(64)}
cap_add: [NET_ADMIN]
cap_drop: [CAP_NET_ADMIN, mknod]
healthcheck: { disable: true, interval: 10s }
`),
  "volumes and temporary filesystems": file(
    `
image: nginx
volumes:
  - data:/data
  - foreign:/foreign:ro
  - /etc/localtime:/etc/localtime:ro
  - { type: bind, source: /srv, target: /srv, bind: { propagation: rslave, recursive: disabled } }
  - { type: volume, source: nfs, target: /nfs, volume: { nocopy: true, subpath: a } }
  - { type: volume, target: /labelled, volume: { labels: { a: b } } }
  - /anonymous
  - { type: tmpfs, target: /cache, tmpfs: { size: 16m, mode: 448 } }
tmpfs: ["/run:size=64m,mode=1770,exec,nosuid", "/tmp:ro"]
shm_size: 128m
`,
    `
volumes:
  data: { labels: { a: b } }
  foreign: { external: true }
  nfs: { driver: local, driver_opts: { type: nfs } }
`,
  ),
  "configs and secrets": file(
    `
image: nginx
configs: [site, { source: page, target: /page.html, mode: 0440, uid: "33", gid: "34" }]
secrets: [token, { source: token, target: other }, { source: token, target: /etc/token }]
`,
    `
configs: { site: { content: x }, page: { content: y, name: page-1 } }
secrets: { token: { environment: HOME } }
`,
  ),
  "networks and ports": file(
    `
image: nginx
networks: { front: { aliases: [www], driver_opts: { a: b } }, back: null }
ports: ["8080:80", { target: 53, published: "53", protocol: UDP, mode: host }, "443"]
deploy: { endpoint_mode: VIP }
`,
    "networks: { front: {}, back: { name: shared, external: true } }",
  ),
  "the network of the host": file("image: nginx\nnetwork_mode: host"),
  "everything of deploy": file(`
image: nginx
restart: on-failure
deploy:
  mode: replicated
  replicas: 3
  labels: { tier: web }
  endpoint_mode: dnsrr
  update_config: { parallelism: 0, delay: 10s, failure_action: rollback, monitor: 30s, max_failure_ratio: 0.3, order: start-first }
  rollback_config: { order: stop-first }
  resources:
    limits: { cpus: "2.345", memory: 64m, pids: 100 }
    reservations: { cpus: "0.25", memory: 32m, generic_resources: [{ discrete_resource_spec: { kind: SSD, value: 2 } }] }
  restart_policy: { delay: 0s, max_attempts: 3, window: 2m }
  placement:
    constraints: ["node.role == manager", "node.hostname != b", "engine.labels.os==linux"]
    preferences: [{ spread: node.labels.zone }]
    max_replicas_per_node: 2
`),
  "limits beside deploy": file(`
image: nginx
cpus: 0.5
mem_limit: 64m
memswap_limit: 96m
mem_swappiness: 10
mem_reservation: 32m
pids_limit: -1
restart: on-failure:3
platform: linux/arm/v7
scale: 2
`),
  "a service without restarts on each node": file('image: nginx\nrestart: "no"\ndeploy: { mode: global }'),
  "a job": file(
    "image: nginx\nmemswap_limit: -1\nmem_limit: 64m\ndeploy: { mode: replicated-job, replicas: 5 }",
  ),
  "a job on each node": file("image: nginx\ndeploy: { mode: global-job }"),
};

printedSections(
  "swarm-specs.txt",
  sectionsOf(files, async (text) => printedFields(await specOf(text))),
);

test("each attribute that sets a field is in one of the files", async () => {
  const projects = await Promise.all(Object.values(files).map((text) => loaded(text)));
  const used = new Set(projects.flatMap(({ services }) => Object.keys(services.web ?? {})));
  const missing = claims
    .map(({ attribute }) => attribute.split(".", 1)[0] ?? "")
    .filter((name) => !used.has(name) && !["name", "host", "swarm"].includes(name));
  assert.deepEqual(missing, []);
});

test("what other resources compute reaches the specification", async () => {
  const spec = await specOf(
    file("image: nginx\ndeploy: { placement: { constraints: [node.role==worker] } }"),
    {
      digest: "sha256:1",
      platforms: [
        { OS: "linux", Architecture: "amd64" },
        { OS: "linux", Architecture: "arm" },
        { OS: "unknown", Architecture: "unknown" },
        { OS: "linux", Architecture: "amd64" },
      ],
      forceUpdate: 2,
      labels: { "k2-compose.stack": "dev" },
    },
  );
  assert.equal(spec.TaskTemplate.ContainerSpec.Image, "nginx:latest@sha256:1");
  assert.deepEqual(spec.TaskTemplate.Placement, {
    Constraints: ["node.role==worker"],
    Platforms: [
      { Architecture: "amd64", OS: "linux" },
      { Architecture: "", OS: "linux" },
    ],
  });
  assert.equal(spec.TaskTemplate.ForceUpdate, 2);
  assert.equal(spec.Labels?.["k2-compose.stack"], "dev");
});
