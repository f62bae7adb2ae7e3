/** A resource that the program registers in this run. */
import type { Input } from "@pulumi/pulumi/output.js";
import type { ResourceKind } from "../model/kinds.js";

export interface Registered {
  kind: ResourceKind;
  /** Whether this run brought the resource into its desired state. Rejected if Pulumi refuses the request. */
  isMet: Promise<boolean>;
  /** Unknown if the resource failed or was skipped before its handler returned it. */
  output: (name: string) => Input<unknown>;
}
