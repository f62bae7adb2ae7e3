/** Promotion on green: images are tagged and pushed after everything that runs them is well. */
import type { HealthCheckInputs, ServiceInputs } from "../kinds.js";
import { parseImageReference } from "../images/reference.js";
import type { Ref } from "./node.js";
import { node } from "./node.js";
import { type PlanNode } from "./node.js";

/** One for each image, on the first host that runs it. */
export function imageTags(running: PlanNode[], suffix: string): PlanNode[] {
  const services = running.filter(({ kind }) => kind === "service") as PlanNode<"service">[];
  const images = [...new Set(services.map(({ inputs }) => inputs.image!))].sort();
  return images.map((source) => {
    const users = services.filter(({ inputs }) => inputs.image === source);
    const { project, host } = users[0]!.inputs;
    const target = suffixed(source, suffix);
    const { imageId } = users[0]!.context as { imageId: Ref };
    const after = users.map((user) => checkOf(running, user.inputs) ?? user.id);
    return node("imageTag", target, { project, host, source, target, push: true }, { imageId }, after);
  });
}

/** "redis:7" with "-ok" is "redis:7-ok"; a name without a tag has "latest". */
export function suffixed(image: string, suffix: string): string {
  const { name, tag = "latest" } = parseImageReference(image);
  return `${name}:${tag}${suffix}`;
}

function checkOf(running: PlanNode[], { service, host }: ServiceInputs): string | undefined {
  return running.find(({ kind, inputs }) => {
    if (kind !== "healthCheck") return false;
    const check = inputs as HealthCheckInputs;
    return check.service === service && check.host.name === host.name;
  })?.id;
}
