import assert from "node:assert/strict";
import { test } from "node:test";
import { places } from "../../../../provider/model/swarm/spec/spec.js";
import { file, printedRefusals } from "../../../support/model/swarm-service.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const attributes = `
image: nginx
annotations: { a: b }
blkio_config: { weight: 300 }
cgroup: host
cgroup_parent: a
container_name: shop-web
cpu_count: 1
cpu_percent: 10
cpu_period: 1000
cpu_quota: 1000
cpu_rt_period: 1000
cpu_rt_runtime: 1000
cpu_shares: 10
cpuset: 0,1
device_cgroup_rules: ["c 1:3 mr"]
devices: [/dev/null]
distribute: stream
domainname: example.com
external_links: [other]
gpus: all
ipc: host
links: [db]
mac_address: "02:42:ac:11:65:43"
oom_kill_disable: true
pid: host
privileged: true
runtime: runc
storage_opt: { size: 1G }
health_check: { shell: "true" }
sync: true
userns_mode: host
uts: host
volumes_from: [db]
pre_start: [{ command: "true" }]
post_start: [{ command: "true" }]
pre_stop: [{ command: "true" }]
develop: { watch: [{ path: ., action: rebuild }] }
depends_on: { db: { condition: service_started, restart: true } }
`;

const db = "  db: { image: postgres }\n";

const files: Record<string, string> = {
  "attributes that Swarm mode has no field for": file(attributes, db),
  "attributes that ask for nothing": file(
    "image: nginx\nprivileged: false\nlinks: []\ndevelop: { watch: [] }",
  ),
  networks: file(
    `
image: nginx
networks:
  front: { priority: 1, gw_priority: 1, interface_name: eth7, ipv4_address: 10.0.0.5, ipv6_address: "::5", link_local_ips: [169.254.0.5], mac_address: "02:42:ac:11:65:43" }
`,
    "networks: { front: {} }",
  ),
  "network modes": file("image: nginx\nnetwork_mode: none"),
  ports: file(`
image: nginx
ports: ["127.0.0.1:80:80", "8000-8010:81", "80:82", { target: 83, published: "83", mode: host }]
deploy: { endpoint_mode: dnsrr, update_config: { order: start-first } }
`),
  mounts: file(`
image: nginx
volumes:
  - { type: image, source: busybox, target: /busybox }
  - { type: cluster, source: csi, target: /csi }
  - { type: bind, source: /srv, target: /srv, bind: { selinux: z, recursive: readonly } }
tmpfs: ["/run:size=50%,uid=1000"]
`),
  "security options": file(
    'image: nginx\nsecurity_opt: [seccomp=./profile.json, "label:type:a", no-new-privileges]',
  ),
  "a health check without a start period": file(
    'image: nginx\nhealthcheck: { test: "true", start_interval: 1s }',
  ),
  "values of deploy": file(`
image: nginx
restart: sometimes
deploy:
  mode: some
  endpoint_mode: dns
  update_config: { failure_action: stop, max_failure_ratio: 2 }
  restart_policy: { condition: always }
  resources:
    limits: { cpus: "0.0001", memory: 1m }
    reservations: { devices: [{ capabilities: [gpu] }] }
  placement: { constraints: [node.role=manager, service == db, node.zone == a, node.hostname == b, node.ip != 10.0.0.1] }
`),
  "replicas of a global service": file("image: nginx\ndeploy: { mode: global, replicas: 2 }"),
  "scale of a global service": file("image: nginx\nscale: 2\ndeploy: { mode: global }"),
  "updates of a job": file(
    "image: nginx\ndeploy: { mode: replicated-job, update_config: {}, rollback_config: {} }",
  ),
  "swap without memory": file("image: nginx\nmemswap_limit: 64m"),
  "less swap than memory": file("image: nginx\nmemswap_limit: 64m\nmem_limit: 65m"),
  "a build without a registry": file("build: .\nimage: shop/web"),
  "a build without an image": file("build: ."),
  "a build with a registry": file("build: .\nimage: registry.example.com/shop/web"),
  "a build that is pushed": file("build: .\nimage: shop/web\ndistribute: registry"),
};

printedSections(
  "swarm-refusals.txt",
  sectionsOf(files, (text) => printedRefusals(text)),
);

test("each attribute without a field is in the first of these files, or has an effect elsewhere", async () => {
  const written = await printedRefusals(file(attributes, db));
  const missing = Object.entries(places)
    .filter(([, place]) => typeof place === "object" && place.claims.length === 0 && "refuses" in place)
    .map(([name]) => name)
    .filter((name) => !written.some((line) => line.startsWith(name)));
  assert.deepEqual(missing, []);
});

test("names, folders of the project and room for updates are checked against the surroundings", async () => {
  const service = "a".repeat(60);
  assert.deepEqual(await printedRefusals(file("image: nginx"), { service }), [
    `services.web: Swarm mode takes no names of more than 63 characters: "shop_${service}" (Choose a shorter name for the project or the service.)`,
  ]);
  assert.deepEqual(await printedRefusals(file("image: nginx"), { service: "a.b" }), [
    'services.web: Swarm mode takes only letters, digits, "-" and "_" in names: "shop_a.b" (Choose another name for the service.)',
  ]);
  assert.deepEqual(
    await printedRefusals(file("image: nginx\nvolumes: [./site:/site, /srv:/srv, /shopping:/a]"), {}),
    [
      "volumes.0.source: Swarm mode runs tasks on any node, where folders of the project do not exist (Use configs, put the files into the image, or mount a folder that exists on each host.)",
    ],
  );
  const tight = file(`
image: nginx
deploy: { replicas: 4, update_config: { order: start-first }, placement: { max_replicas_per_node: 2 } }
`);
  assert.deepEqual(await printedRefusals(tight, { nodes: 2 }), [
    "deploy.update_config.order: with start-first, an update waits for ever: 2 nodes have no room for more than 4 tasks (Use stop-first, or raise max_replicas_per_node.)",
  ]);
  assert.deepEqual(await printedRefusals(tight, { nodes: 3 }), []);
});
