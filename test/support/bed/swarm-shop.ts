import { type BedHost } from "./bed-engine.js";
import { elementOf } from "../../../provider/shared/lookup.js";

interface Shop {
  project: string;
  /** In a registry: without a digest, each start of a task asks for it. */
  image: string;
  /** Three. */
  hosts: BedHost[];
}

/** A file with a swarm of a manager and two workers; "m1", "w1" and "w2" are its hosts. */
export function swarmShop({ project, image, hosts }: Shop): string {
  const [one, two, three] = [elementOf(hosts, 0), elementOf(hosts, 1), elementOf(hosts, 2)];
  const server = `image: ${image}\n    stop_signal: SIGKILL`;
  const soon = "swarm: { monitor: 500ms }";
  return `name: ${project}
hosts:
  m1:
    address: "${one.address}"
    swarm: { role: manager, advertise: ${one.ip}, data_path: ${one.ip} }
    labels: { zone: a }
  w1: { address: "${two.address}", swarm: worker }
  w2: { address: "${three.address}", swarm: { role: worker, availability: active } }
swarm:
  task_history: 4
  init: { address_pool: [10.201.0.0/16], subnet_size: 25, data_path_port: 4790 }
services:
  db:
    ${server}
    ${soon}
    command: ["sh", "-c", "cat /run/secrets/token /page; echo; exec sleep 3600"]
    host: w1
    secrets: [token]
    configs: [{ source: page, target: /page }]
    volumes: ["data:/data"]
    environment: { DB_PASSWORD: hush }
    deploy: { endpoint_mode: dnsrr, update_config: { monitor: 500ms } }
  web:
    ${server}
    ${soon}
    command: ["sleep", "3600"]
    host: [w1, w2]
    depends_on: [db]
    deploy: { endpoint_mode: dnsrr, update_config: { order: start-first, monitor: 500ms }, rollback_config: { monitor: 500ms } }
  each:
    ${server}
    ${soon}
    command: ["sleep", "3600"]
    deploy: { mode: global, endpoint_mode: dnsrr, placement: { constraints: [node.role == worker] } }
  job:
    ${server}
    ${soon}
    command: ["true"]
    deploy: { mode: replicated-job, replicas: 2 }
  beside:
    ${server}
    command: ["sleep", "3600"]
    host: m1
    swarm: false
    depends_on: { job: { condition: service_completed_successfully } }
volumes: { data: {} }
configs: { page: { content: "first" } }
secrets: { token: { environment: TOKEN } }
`;
}
