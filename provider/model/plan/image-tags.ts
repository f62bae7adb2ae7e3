/** Promotion on green: images are tagged and pushed after all services that run them are healthy. */
import type { Gate, HealthCheckInputs, ServiceInputs } from "../kinds.js";
import { parseImageReference } from "../images/reference.js";
import { K2Error } from "../../shared/errors.js";
import { elementOf } from "../../shared/lookup.js";
import { longest } from "../images/pull-timeout.js";
import { isKind, node, type NodeOf, type PlanNode } from "./node.js";
import { addTo } from "../../shared/grouped.js";

/** Returns a node for each image, on the first host that runs it. */
export function imageTags(running: PlanNode[], needs: PlanNode[], suffix: string): NodeOf<"imageTag">[] {
  const services = running.filter(isKind("service"));
  const byTarget = new Map<string, NodeOf<"service">[]>();
  for (const service of services) {
    const { image } = service.inputs;
    // "redis" and "redis:latest" are one image.
    if (image !== undefined) addTo(byTarget, suffixed(image, suffix), service);
  }
  return [...byTarget]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([target, users]) => {
      const [first] = users;
      if (!first) return [];
      const { project, host, image: source = "" } = first.inputs;
      const { imageId } = first.context;
      assertOneDigest(target, users);
      const after = users.map((user) => (checkOf(running, user.inputs) ?? user).id);
      const inputs = { project, host, source, target, push: true };
      const gates = users.flatMap(({ inputs }) => wellGate(inputs, checkOf(running, inputs)?.inputs) ?? []);
      const images = needs.filter(isKind("image")).filter(({ inputs }) => inputs.image === source);
      const pullTimeout = longest(images.map(({ context }) => context.pullTimeout));
      const context = { imageId, gates, ...(pullTimeout !== undefined && { pullTimeout }) };
      return node("imageTag", target, inputs, context, after);
    });
}

/** A name with a digest is another image than the same name without it. */
function assertOneDigest(target: string, users: NodeOf<"service">[]): void {
  const digestOf = ({ inputs }: NodeOf<"service">) => parseImageReference(inputs.image ?? "").digest;
  const other = users.find((user) => digestOf(user) !== digestOf(elementOf(users, 0)));
  if (other === undefined) return;
  const [one, two] = [elementOf(users, 0), other].map(({ inputs }) => `${inputs.service} (${inputs.image})`);
  throw new K2Error("invalid-file", `the images of ${one} and ${two} would both be saved as ${target}`, {
    hint: "Give both services the same image, or unset k2-compose:saveSuffix.",
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
