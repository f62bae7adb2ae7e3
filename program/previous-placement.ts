import { getOrganization, getProject, getStack } from "@pulumi/pulumi/metadata.js";
import type { Placement } from "k2-compose";

/** The placement that the stack's last run exported; undefined at the first run. */
export async function ownPlacement(): Promise<Placement | undefined> {
  // Loaded only if a project has a choice of hosts.
  const { StackReference } = await import("@pulumi/pulumi/stackReference.js");
  const self = new StackReference([getOrganization(), getProject(), getStack()].join("/"));
  const { value } = await self.getOutputDetails("placement");
  return value as Placement | undefined;
}
