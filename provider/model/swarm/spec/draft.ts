import { fieldsIn } from "../../tables/table.js";
import type { Platform, SwarmServiceContext, SwarmServiceInputs } from "../../swarm-data.js";
import type { ContainerSpec, ServiceSpec, TaskTemplate } from "../spec-types.js";

/** Values that are not in the file. */
export interface SpecValues extends Pick<
  SwarmServiceContext,
  "networks" | "volumes" | "configs" | "secrets"
> {
  /** "sha256:…" of the image, if the registry was asked for it; else a running service keeps the digest that it has. */
  digest?: string;
  /** Platforms that this image has, of the same answer. */
  platforms?: Platform[];
  /** Another number restarts all tasks; absent: as observed. */
  forceUpdate?: number;
  /** Labels of the service that tell its owner. */
  labels?: Record<string, string>;
}

/** A specification while the attributes of a service are put into it. */
export interface Draft {
  spec: ServiceSpec;
  task: TaskTemplate;
  container: ContainerSpec;
  inputs: SwarmServiceInputs;
  context: SpecValues;
}

export const taskFields = "TaskTemplate.";
export const containerFields = "TaskTemplate.ContainerSpec.";

/** Places in the three parts of a specification. */
export const inSpec = fieldsIn("", ({ spec }: Draft) => spec);
export const inTask = fieldsIn(taskFields, ({ task }: Draft) => task);
export const inContainer = fieldsIn(containerFields, ({ container }: Draft) => container);
