/** The organization of a stack, which is part of the labels on its resources. */
import { pulumi } from "./command.js";
import type { Stack } from "./stack.js";
import { hasOrganizations } from "./stack-name.js";

/** What `getOrganization()` returns in the stack's program. */
export async function organizationOf(stack: Stack | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (!stack || !hasOrganizations(stack.backend)) return "organization";
  return stack.organization ?? (await defaultOrganization(stack, env));
}

/** The organization that the user or the service has configured, otherwise the user's own. */
async function defaultOrganization(stack: Stack, env: NodeJS.ProcessEnv): Promise<string> {
  const configured = (await pulumi(stack, ["org", "get-default"], env, { named: false })).trim();
  // Pulumi prints a sentence if there is none. Names have no spaces.
  if (/^\S+$/.test(configured)) return configured;
  return (await pulumi(stack, ["whoami"], env, { named: false })).trim();
}
