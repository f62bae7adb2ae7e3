/** Promotion on green: images are tagged and pushed after all services that run them are healthy. */
import type { Gate, HealthCheckInputs, ServiceInputs } from "../kinds.js";
import { parseImageReference } from "../images/reference.js";
import { longest } from "../images/pull-timeout.js";
import { isKind, node, type NodeOf, type PlanNode } from "./node.js";

/** Returns a node for each image, on the first host that runs it. */
export function imageTags(running: PlanNode[], needs: PlanNode[], suffix: string): NodeOf<"imageTag">[] {
  const services = running.filter(isKind("service"));
  const byImage = new Map<string, NodeOf<"service">[]>();
  for (const service of services) {
    const { image } = service.inputs;
    if (image !== undefined) byImage.set(image, [...(byImage.get(image) ?? []), service]);
  }
  return [...byImage]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([source, users]) => {
      const [first] = users;
      if (!first) return [];
      const { project, host } = first.inputs;
      const { imageId } = first.context;
      const target = suffixed(source, suffix);
      const after = users.map((user) => (checkOf(running, user.inputs) ?? user).id);
      const inputs = { project, host, source, target, push: true };
      const gates = users.flatMap(({ inputs }) => wellGate(inputs, checkOf(running, inputs)?.inputs) ?? []);
      const images = needs.filter(isKind("image")).filter(({ inputs }) => inputs.image === source);
      const pullTimeout = longest(images.map(({ context }) => context.pullTimeout));
      const context = { imageId, gates, ...(pullTimeout !== undefined && { pullTimeout }) };
      return node("imageTag", target, inputs, context, after);
    });
}

/** A service that is unchanged must be well now, too. Undefined for one without containers. */
export function wellGate(
  { project, service, host, replicas }: Pick<ServiceInputs, "project" | "service" | "host" | "replicas">,
  check: HealthCheckInputs | undefined,
): Gate | undefined {
  if (replicas === 0) return undefined;
  const { project: _project, service: _service, host: _host, ...probe } = check ?? {};
  return {
    ...{ project, service, host, condition: "service_started", required: true, mustBeWell: true },
    ...(check && { probe }),
  };
}

/** "redis:7" with "-ok" is "redis:7-ok"; the tag of a name without one is "latest". */
export function suffixed(image: string, suffix: string): string {
  const { name, tag = "latest" } = parseImageReference(image);
  return `${name}:${tag}${suffix}`;
}

function checkOf(running: PlanNode[], { service, host }: ServiceInputs): NodeOf<"healthCheck"> | undefined {
  const isOfService = ({ inputs }: NodeOf<"healthCheck">) =>
    inputs.service === service && inputs.host.name === host.name;
  return running.filter(isKind("healthCheck")).find(isOfService);
}
