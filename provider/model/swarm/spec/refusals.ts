/** Refuses what Swarm mode cannot do for a service, before any engine is asked. */
import type { Deploy, Port, Service } from "../../../compose/types.js";
import { namesRegistry } from "../../images/transfer-way.js";
import { type Refusal, refuseIf, refusalsIn } from "../../tables/table.js";
import { places, serviceName } from "./spec.js";

/** Facts beside the service that a refusal may depend on. */
export interface Surroundings {
  project: string;
  service: string;
  /** The folder of the project. */
  directory: string;
  /** deploy.replicas or scale, else the number of listed hosts. */
  replicas?: number;
  /** Number of nodes that may run tasks of the service. */
  nodes?: number;
}

/** In the order of the attributes; paths are below the service: "ports.0.host_ip". */
export function refusalsOf(service: Service, surroundings?: Surroundings): Refusal[] {
  return [
    ...(surroundings ? inSurroundings(service, surroundings) : []),
    ...refusalsIn(places, service),
    ...withoutRegistry(service),
    ...ofMode(service),
    ...ofPorts(service),
    ...memoryAndSwap(service),
  ];
}

/** Longer names are no DNS names. */
const longestName = 63;

function inSurroundings(
  service: Service,
  { project, service: name, directory, ...counts }: Surroundings,
): Refusal[] {
  const full = serviceName(project, name);
  return [
    ...refuseIf(
      full.length > longestName,
      `Swarm mode takes no names of more than ${longestName} characters: "${full}"`,
      "Choose a shorter name for the project or the service.",
    ),
    ...refuseIf(
      !/^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/.test(full),
      `Swarm mode takes only letters, digits, "-" and "_" in names: "${full}"`,
      "Choose another name for the service.",
    ),
    ...ofFolders(service, directory),
    ...tooTight(service.deploy, counts),
  ];
}

function ofFolders({ volumes = [] }: Service, directory: string): Refusal[] {
  return volumes.flatMap(({ type, source = "" }, index) =>
    refuseIf(
      type === "bind" && (source === directory || source.startsWith(`${directory}/`)),
      "Swarm mode runs tasks on any node, where folders of the project do not exist",
      "Use configs, put the files into the image, or mount a folder that exists on each host.",
      `volumes.${index}.source`,
    ),
  );
}

/** With start-first, a new task needs a node that has room for it beside the old ones. */
function tooTight(
  deploy: Deploy | undefined,
  { replicas = deploy?.replicas ?? 1, nodes }: Pick<Surroundings, "replicas" | "nodes">,
): Refusal[] {
  const most = deploy?.placement?.max_replicas_per_node ?? 0;
  const start = deploy?.update_config?.order === "start-first";
  return refuseIf(
    start && most > 0 && nodes !== undefined && replicas >= most * nodes,
    `with start-first, an update waits for ever: ${nodes} nodes have no room for more than ${replicas} tasks`,
    "Use stop-first, or raise max_replicas_per_node.",
    "deploy.update_config.order",
  );
}

function withoutRegistry({ build, image, distribute }: Service): Refusal[] {
  const named = image !== undefined && (distribute === "registry" || namesRegistry(image));
  return refuseIf(
    build !== undefined && !named,
    "Swarm mode pulls images from a registry, and `image` names none",
    "Give `image` a registry that all nodes reach: registry.example.com/shop/web.",
    "build",
  );
}

function ofMode({ deploy, scale }: Service): Refusal[] {
  const mode = deploy?.mode ?? "replicated";
  const isJob = mode.endsWith("-job");
  const noCount = "a global service has one task on each node";
  return [
    ...refuseIf(
      mode.startsWith("global") && deploy?.replicas !== undefined,
      noCount,
      "Remove it, or use mode: replicated.",
      "deploy.replicas",
    ),
    ...refuseIf(
      mode.startsWith("global") && scale !== undefined,
      noCount,
      "Remove it, or use mode: replicated.",
      "scale",
    ),
    ...(["update_config", "rollback_config"] as const).flatMap((name) =>
      refuseIf(
        isJob && deploy?.[name] !== undefined,
        "a job is not updated: it runs again",
        "Remove it.",
        `deploy.${name}`,
      ),
    ),
  ];
}

function ofPorts({ deploy, ports = [] }: Service): Refusal[] {
  const hasHostPort = ports.some(({ mode, published }) => mode === "host" && published !== undefined);
  const seen = new Set<string>();
  return [
    ...ports.flatMap((port, index) => {
      const key = keyOf(port);
      const isSecond = key !== undefined && seen.has(key);
      if (key !== undefined) seen.add(key);
      return [
        ...refuseIf(
          isSecond,
          `the service publishes port ${key} twice`,
          "Remove one of them.",
          `ports.${index}.published`,
        ),
        ...refuseIf(
          deploy?.endpoint_mode?.toLowerCase() === "dnsrr" && port.mode !== "host",
          "a service with endpoint_mode: dnsrr has no address that Swarm mode could publish the port for",
          "Use mode: host, or endpoint_mode: vip.",
          `ports.${index}.mode`,
        ),
      ];
    }),
    ...refuseIf(
      hasHostPort && deploy?.update_config?.order === "start-first",
      "with start-first, an update waits for ever: the old task keeps the port of its node",
      "Use stop-first, or publish the port with mode: ingress.",
      "deploy.update_config.order",
    ),
  ];
}

function keyOf({ published, protocol = "tcp" }: Port): string | undefined {
  return published === undefined ? undefined : `${published}/${protocol.toLowerCase()}`;
}

function memoryAndSwap({ deploy, mem_limit, memswap_limit }: Service): Refusal[] {
  if (memswap_limit === undefined || Number(memswap_limit) === 0) return [];
  const memory = Number(deploy?.resources?.limits?.memory ?? mem_limit ?? 0);
  const most = Number(memswap_limit);
  return refuseIf(
    memory === 0 || (most >= 0 && most < memory),
    "the limit of memory and swap needs a limit of memory that is not higher",
    "Set deploy.resources.limits.memory.",
    "memswap_limit",
  );
}
