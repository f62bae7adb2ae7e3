/** Files with a swarm, for plans. */
import type { PlanOptions } from "../../../provider/model/plan/node.js";
import { buildOf } from "./plans.js";

/** With other hosts. */
export const swarms: Record<string, [text: string, options?: Partial<PlanOptions>]> = {
  "services of a swarm": [
    `
name: shop
hosts:
  a: "tcp://10.0.0.1:1"
  m1: {address: "tcp://10.0.1.1:1", swarm: manager, labels: {zone: a}}
  w1: {address: "tcp://10.0.1.2:1", swarm: worker, drain: true}
  m2: {address: "tcp://10.0.1.3:1", swarm: {role: manager, advertise: 10.0.1.3}}
swarm: {task_history: 2}
services:
  web: {image: web, host: [m1, w1], ports: ["80:80"], depends_on: [db], swarm: {timeout: 1m, redeploy: "2"}}
  db: {image: db, host: w1, volumes: ["data:/d"], secrets: [token], environment: {DB_PASSWORD: x}}
  all: {image: all, deploy: {mode: global}, configs: [page, theirs], networks: [edge], pull_policy: always}
  made: {image: "r.example/made:1", build: ./made, deploy: {replicas: 2}}
  plain: {image: plain, host: a, swarm: false, depends_on: {db: {condition: service_healthy}}}
  after: {image: after, depends_on: {plain: {condition: service_started, required: false}}}
networks: {edge: {external: true}}
volumes: {data: {driver_opts: {o: x}}}
configs: {page: {content: "hello"}, theirs: {external: true, name: theirs}}
secrets: {token: {environment: TOKEN, name: token-1}}
`,
    {
      contents: { configs: { page: "hello" }, secrets: { token: "t" } },
      builds: { made: buildOf("made") },
    },
  ],
};

/** Services that a swarm cannot run: each message has its place. */
export const refusedBySwarm = `
name: shop
swarm: true
hosts:
  m1: {address: "m1:2375", swarm: manager}
  w1: {address: "w1:2375", swarm: worker}
  a: "a:2375"
services:
  global: {image: a, deploy: {mode: global, replicas: 2}}
  job: {image: a, deploy: {mode: replicated-job, update_config: {parallelism: 1}}}
  mode: {image: a, deploy: {mode: single}}
  ports: {image: a, ports: ["127.0.0.1:8080:80", "8081:81"], deploy: {endpoint_mode: dnsrr}}
  beside:
    image: a
    ports: [{target: 80, published: "90", mode: host}]
    deploy: {update_config: {order: start-first}}
  words:
    image: a
    deploy:
      endpoint_mode: ring
      restart_policy: {condition: always}
      update_config: {failure_action: stop}
      rollback_config: {failure_action: rollback}
  places:
    image: a
    deploy: {placement: {constraints: [node.role=manager, "node.name == m1", "service == web", node.hostname]}}
  modes: {image: a, network_mode: "service:global"}
  mounts: {image: a, volumes: ["./site:/site", "/srv/data:/data"]}
  probed: {image: a, health_check: {shell: "true"}}
  hooked: {image: a, post_start: [{command: x}], privileged: true, container_name: one}
  made: {image: made, build: .}
  tight: {image: a, deploy: {replicas: 2, update_config: {order: start-first}, placement: {max_replicas_per_node: 1}}}
  watched: {image: a, depends_on: {job: {condition: service_started, restart: true}}, develop: {watch: [{path: ., action: sync, target: /x}]}}
  empty: {image: a, configs: [nothing], secrets: [long]}
configs: {nothing: {content: ""}}
secrets: {long: {environment: X, name: ${"long".repeat(20)}}}
`;

export const refusedPlacements = `
name: shop
swarm: true
hosts:
  m1: {address: "m1:2375", swarm: manager}
  M1: {address: "m2:2375", swarm: worker}
  a: "a:2375"
services:
  elsewhere: {image: a, host: a}
  nowhere: {image: a, host: ["*", "!m1", "!M1"]}
`;
