/** A resource that the program registers in this run. */
import type { Input } from "@pulumi/pulumi/output.js";
import type { ResourceKind, Run } from "../model/kinds.js";
import type { Registration } from "../model/plan/node.js";

export interface Registered {
  kind: ResourceKind;
  /** Whether this run brought the resource into its desired state. Rejected if Pulumi refuses the request. */
  isMet: Promise<boolean>;
  /** Unknown if the resource failed or was skipped before its handler returned it. */
  output: (name: string) => Input<unknown>;
}

/**
 * Whether the object of a volume stays when its resource is deleted. One that the file declares external may have belonged to
 * the project when it was deployed.
 */
export function isKept({ inputs }: Registration, { volumes }: Run): boolean {
  return ("external" in inputs && inputs.external === true) || volumes !== "remove";
}
