import { getOrganization, getProject, getStack } from "@pulumi/pulumi/metadata.js";
import type { Placement } from "k2-compose";

/** What the stack's last run exported as its placement; undefined at the first. */
export async function ownPlacement(): Promise<Placement | undefined> {
  // Loaded only by projects that have a choice of hosts.
  const { StackReference } = await import("@pulumi/pulumi/stackReference.js");
  const self = new StackReference([getOrganization(), getProject(), getStack()].join("/"));
  const { value } = await self.getOutputDetails("placement");
  return value as Placement | undefined;
}
