import type { ResourceKind } from "../../provider/model/kinds.js";

/** The word before a resource's name in plans and results; services need none. */
export const kindWords: Record<ResourceKind, string> = {
  Host: "host ",
  Network: "network ",
  Volume: "volume ",
  Image: "image ",
  Service: "",
  HealthCheck: "health check ",
  ImageTag: "image tag ",
  Swarm: "swarm ",
  SwarmNode: "node ",
  SwarmConfig: "config ",
  SwarmSecret: "secret ",
  SwarmService: "",
};
