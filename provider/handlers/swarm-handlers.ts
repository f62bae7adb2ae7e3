/** The handlers of what is on a swarm: loaded only for files with a swarm. */
import type { Kind } from "../model/kinds.js";
import type { HandlerOf, HandlerWork } from "./process/handler.js";

export const swarm = lazy(
  "swarm",
  ({ project }) => project,
  async () => (await import("./swarm/cluster.js")).swarm,
);

export const swarmNode = lazy(
  "swarmNode",
  ({ project, host }) => `${project} ${host.name}`,
  async () => (await import("./swarm/node.js")).swarmNode,
);

export const swarmConfig = lazy(
  "swarmConfig",
  ({ project, key }) => `${project} ${key}`,
  async () => (await import("./swarm/object.js")).swarmConfig,
);

export const swarmSecret = lazy(
  "swarmSecret",
  ({ project, key }) => `${project} ${key}`,
  async () => (await import("./swarm/object.js")).swarmSecret,
);

export const swarmService = lazy(
  "swarmService",
  ({ project, service }) => `${project} ${service}`,
  async () => (await import("./swarm/service.js")).swarmService,
);

function lazy<K extends Kind>(
  _kind: K,
  identity: HandlerOf<K>["identity"],
  load: () => Promise<HandlerWork<K>>,
): HandlerOf<K> {
  return {
    identity,
    check: async (...given) => (await load()).check?.(...given),
    create: async (...given) => (await load()).create(...given),
    update: async (...given) => (await load()).update(...given),
    read: async (...given) => (await load()).read(...given),
    delete: async (...given) => (await load()).delete(...given),
  };
}
