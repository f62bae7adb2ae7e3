/** Plans with all inputs and contexts: test/fixtures/plans.txt. Some sections print only the nodes of some kinds. */
import type { PlanOptions } from "../../../../provider/model/plan/node.js";
import { withoutDependencies } from "../../../../provider/model/plan/plan.js";
import { renderForHost } from "../../../../provider/model/plan/render-for-host.js";
import type { K2Error } from "../../../../provider/shared/errors.js";
import { loaded } from "../../../support/model/project.js";
import { buildOf, newLines, planOf, printedNodes } from "../../../support/model/plans.js";
import { refusedBySwarm, refusedPlacements, swarms } from "../../../support/model/swarm-plans.js";
import { printedSections, sectionsOf } from "../../../support/printed-sections.js";

const hosts = `
name: shop
hosts: {a: "tcp://10.0.0.1:1", b: {address: "tcp://10.0.0.2:1", labels: {disk: ssd}}, here: "context://here"}
`;

const plans: Record<string, [text: string, options?: Partial<PlanOptions>, kinds?: RegExp]> = {
  "services that depend on others": [
    `
services:
  db: {image: db, host: a, health_check: {socket: "a:5432", timeout: 5}, ports: ["5432:5432"]}
  cache: {image: cache, host: [a, b], pre_stop: [{command: "save"}], post_start: [{command: "warm"}]}
  job: {image: job, host: a, restart: "no"}
  setup: {image: job, host: a}
  idle: {image: idle, host: b, scale: 0, health_check: {shell: "true"}}
  web:
    image: web
    host: [a, b]
    pre_stop: [{command: "drain"}]
    depends_on:
      db: {condition: service_healthy, restart: true}
      cache: {condition: service_started, restart: true}
      setup: {condition: service_completed_successfully}
      job: {condition: service_started, required: false}
    s_depends_on: [idle]
    deploy: {update_config: {parallelism: 1}}
  side: {image: side, host: b, network_mode: "service:web", depends_on: {cache: {condition: service_started}}}
  near: {image: near, host: a, pid: "service:cache", volumes_from: [job], post_start: [{command: "hello"}]}
  linked: {image: linked, host: a, links: [db]}
`,
  ],
  images: [
    `
services:
  app: {build: ./app, host: [a, b]}
  top: {build: {context: ./top, additional_contexts: {base: "service:app"}}, host: b, image: "r.example/top:1", pull_policy: build}
  same: {image: "r.example/top:1", host: a, pull_policy: never}
  pulled: {image: "r.example/app:1", host: [a, b], pull_policy: daily, pull_timeout: 9}
  fresh: {image: "r.example/app:1", host: a, pull_policy: always, pull_timeout: 30}
  arm: {image: "r.example/app:1", host: b, platform: linux/arm64, distribute: stream}
  hooked: {image: tool, host: b, pull_policy: missing, platform: linux/amd64, pre_start: [{image: tool, command: x}, {image: other, command: x}, {command: y}]}
  sent: {image: "r.example/sent:1", host: b, build: ./sent, distribute: registry}
  never: {image: gone, host: b, scale: 0}
`,
    {
      builds: {
        app: buildOf("app"),
        top: buildOf("top", { additional_contexts: { base: "service:app" } }),
        sent: { ...buildOf("sent"), sshAgent: "/agent" },
      },
      saveSuffix: "-ok",
      platform: "linux/amd64",
    },
  ],
  "images that are tagged once their services are well": [
    `
services:
  one: {image: redis, host: a, health_check: {http: "http://a/"}, pull_timeout: 20}
  two: {image: "redis:latest", host: b}
  three: {image: redis, host: b, scale: 0}
  last: {image: "r.example:5000/last:3", host: a}
`,
    { saveSuffix: "-good" },
  ],
  "networks, volumes, and what an engine has once": [
    `
services:
  one: {image: app, host: a, networks: {mesh: , back: {ipv4_address: 10.9.0.5}}, ports: ["80:80"], container_name: one}
  two: {image: app, host: b, networks: [mesh, edge, back], volumes: ["data:/d", "theirs:/t", "/anonymous", "/srv:/srv"]}
  three: {image: app, host: a, network_mode: host, ports: ["80:80"], post_start: [{command: "hello"}]}
  four: {image: app, host: a, ports: ["80:80"], scale: 0}
  off: {image: app, host: a, profiles: [off]}
networks:
  mesh: {driver: overlay, attachable: true}
  edge: {external: true}
  back: {ipam: {config: [{subnet: 10.9.0.0/24}]}, driver_opts: {o: "\${NET_TOKEN-x}", p: "\${NET_PLAIN-x}"}}
volumes:
  data: {driver_opts: {type: nfs, password: p, o: "\${VOLUME_TOKEN-x}"}}
  theirs: {external: true, name: theirs}
`,
  ],
  "configs, secrets, and uploaded folders": [
    `
services:
  web:
    image: web
    host: b
    x-sync: true
    volumes: ["./site:/site:ro", ".:/all:ro", "./site:/again:ro"]
    environment: {DB_PASSWORD: x, PLAIN: y, EMPTY: }
    configs: [page, {source: script, mode: 0o400}, script, lost]
    secrets: [token, plain]
    logging: {driver: gelf, options: {token: t, tag: z}}
    develop: {watch: []}
    attach: false
configs:
  page: {content: "hello"}
  script: {file: ./script}
  lost: {file: ./lost}
secrets:
  token: {environment: TOKEN}
  plain: {file: ./plain}
`,
    {
      contents: {
        configs: { page: "hello", script: "#!" },
        secrets: { token: "t", plain: "p" },
        executable: { configs: { script: true }, secrets: { plain: false } },
      },
      synced: { web: { "site/index.html": "hash", x: "y" } },
    },
    /^service/,
  ],
  "all is encrypted": [
    `
services:
  web: {build: {context: ., args: {A: "1"}}, host: b, environment: {A: x, EMPTY: }, post_start: [{command: x, environment: {B: y}}], logging: {driver: gelf, options: {tag: z}}}
`,
    { secrets: { encrypt: "all" }, builds: { web: buildOf("web", { args: { A: "1" } }) } },
    /secret/,
  ],
  "likely secrets are encrypted, and those that a rule names": [
    `
services:
  web: {image: web, host: b, environment: {PIN: x, OTHER: y, PASSWORD: z}}
`,
    { secrets: { names: ["PIN"] } },
    /secret/,
  ],
  "services that move": [
    `
services:
  moved: {image: web, host: b}
  grown: {image: web, host: [a, b]}
  kept: {image: web, host: a}
  part: {image: web, host: [b, here]}
`,
    {
      before: {
        moved: { a: 1 },
        grown: { a: 1 },
        kept: { a: 1 },
        part: { a: 1, b: 1 },
        gone: { a: 1, c: 1 },
      },
    },
    /^(host|service)/,
  ],
  "addresses of other hosts": [
    `
s_extra_hosts: {printer: 10.0.0.99}
services:
  db: {image: db, host: a, ports: ["5432:5432"]}
  quiet: {image: db, host: a}
  web: {image: web, host: b, depends_on: [db, quiet], extra_hosts: ["own=10.0.0.7"]}
  raw: {image: web, host: b, network_mode: host, depends_on: [db]}
`,
    {},
    /^service .*inputs/,
  ],
};

/** Files whose placement is possible, and that cannot be planned. */
const refusals: Record<string, [text: string, options?: Partial<PlanOptions>]> = {
  "a folder of this machine on another host": [
    `services: {web: {image: web, host: b, volumes: ["/srv:/srv", "./site:/site"]}}`,
  ],
  "an uploaded folder that is not read-only": [
    `services: {web: {image: web, host: b, x-sync: true, volumes: [".:/all"]}}`,
  ],
  "a folder on a host whose docker context leads to another machine": [
    `services: {web: {image: web, host: here, volumes: ["./site:/site"]}}`,
    { addresses: { here: "ssh://me@10.0.0.9" } },
  ],
  "a namespace of a service on another host": [
    `services: {db: {image: db, host: a}, web: {image: web, host: a, pid: "service:db"}}`,
    { placement: { db: { a: 1 }, web: { b: 1 } } },
  ],
  "a namespace of a service on no host": [
    `services: {db: {image: db, host: a}, web: {image: web, host: a, pid: "service:db"}}`,
    { placement: { web: { b: 1 } } },
  ],
  "a link to a service on another host": [
    `services: {db: {image: db, host: a}, web: {image: web, host: a, links: [db]}}`,
    { placement: { db: { a: 1 }, web: { b: 1 } } },
  ],
  "images of two digests with one tag": [
    `services: {x: {image: "redis:7@sha256:${"a".repeat(64)}", host: a}, y: {image: "redis:7", host: b}}`,
    { saveSuffix: "-ok" },
  ],
  "a base that no host builds": [
    `services: {base: {build: ./base, host: a}, top: {build: {context: ., additional_contexts: {b: "service:base"}}, host: a}}`,
    { builds: { base: buildOf("base"), top: buildOf("top") }, placement: { top: { a: 1 } } },
  ],
  "a built image for a registry without a name": [
    `services: {web: {build: ., host: a, distribute: registry}}`,
    { builds: { web: buildOf("web") } },
  ],
  "an overlay network of swarm services": [
    `services: {web: {image: web, host: a, networks: [mesh]}}\nnetworks: {mesh: {driver: overlay}}`,
  ],
};

/** Folders on these hosts need no upload. */
const near = [
  ...["unix:///x", "context://x", "localhost:1", "tcp://127.0.0.2:1", "ssh://me@localhost", "tcp://[::1]:1"],
];

printedSections("plans.txt", {
  ...sectionsOf(plans, async ([text, options, kinds = /./]) =>
    printedNodes(await planOf(`${hosts}${text}`, options)).filter((line) => kinds.test(line)),
  ),
  ...sectionsOf(swarms, async ([text, options]) => printedNodes(await planOf(text, options))),
  ...sectionsOf(
    refusals,
    async ([text, options]) => messageOf(() => planOf(`${hosts}${text}`, options)),
    "refused: ",
  ),
  "refused: services that a swarm cannot run": () => messageOf(() => planOf(refusedBySwarm)),
  "refused: hosts that are not in the swarm": () => messageOf(() => planOf(refusedPlacements)),
  "folders on hosts that are this machine": async () => {
    const text = `services: {web: {image: web, host: here, volumes: ["./site:/site"]}}`;
    const made = near.map((address) => planOf(hosts.replace("context://here", address) + text));
    const sources = (await Promise.all(made)).map(
      (plan) => /"source":"[^"]*"/.exec(printedNodes(plan).join())?.[0],
    );
    return near.map((address, at) => `${address} ${sources[at]}`);
  },
  "a plan without dependencies": async () => {
    const made = await planOf(`${hosts}${plans["services that depend on others"]![0]}`);
    return newLines(withoutDependencies(made), made);
  },
  "a project for an unknown host": async () => {
    const project = await loaded(`${hosts}services: {web: {image: web, host: a}}`);
    return messageOf(() => Promise.resolve(renderForHost(project, "x")));
  },
});

async function messageOf(refused: () => Promise<unknown>): Promise<string[]> {
  try {
    await refused();
    return ["not refused"];
  } catch (error) {
    const { code, message, errors } = error as K2Error & { errors?: K2Error[] };
    return errors ? errors.flatMap((one) => one.message.split("\n")) : `${code}: ${message}`.split("\n");
  }
}
