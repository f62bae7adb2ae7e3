/** Labels on objects of a swarm. The first group is that of `docker stack deploy`, unchanged. */
export const swarmLabel = {
  namespace: "com.docker.stack.namespace",
  /** On services: the image as the user wrote it. */
  image: "com.docker.stack.image",
  /** On services: the text of `swarm.redeploy`. */
  redeploy: "k2.redeploy",
  /** On nodes: the host's name in the compose file, because several machines may have one hostname. */
  host: "k2.host",
  /** On configs and secrets: their name in the compose file. */
  of: "k2.of",
  /** On secrets, which cannot be read: "SALT:HMAC of the content". On configs: the SHA-256 of the content. */
  digest: "k2.digest",
} as const;

/** On the nodes of a service that may run on several hosts. */
export function placeLabel(project: string, service: string): string {
  return `${placePrefix(project)}${service}`;
}

/** All labels of `placeLabel` for a project begin with this prefix. */
export function placePrefix(project: string): string {
  return `k2.place.${project}.`;
}

/** On the cluster: how often a token or key was rotated, by the counters of `swarm.rotate`. */
export function rotationLabel(what: string): string {
  return `k2.rotate.${what}`;
}
