/** What Pulumi does with `--continue-on-error` after a resource has failed: it goes on to delete what left the program. */
import type { Output } from "@pulumi/pulumi/output.js";
import type { K2Resource } from "./index.js";

/** By which a program tells Pulumi that it failed, and that all has been said. */
const saidAlready = 32;

/**
 * Makes the program fail, once everything is registered, if something did not come about: then nothing is deleted. The
 * state of a resource that was skipped would refer to what is gone, and Pulumi refuses such a state for ever after; and a
 * service whose new host fails would be removed from its old one.
 */
export async function failIfUnmet(resources: Iterable<K2Resource>): Promise<void> {
  const met = await Promise.all([...resources].map(isMet));
  if (met.includes(false)) process.exitCode = saidAlready;
}

/** All kinds have it among their outputs. Of what failed or was skipped Pulumi answers that nothing is known. */
async function isMet(resource: K2Resource): Promise<boolean> {
  const { schema } = resource as unknown as { schema: Output<number> & { isKnown: Promise<boolean> } };
  // Where Pulumi is shutting down, nobody asks.
  return schema.isKnown.catch(() => true);
}
