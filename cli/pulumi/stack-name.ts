/** Names of stacks as Pulumi takes them: STACK, ORGANIZATION/STACK, or ORGANIZATION/PROJECT/STACK. */

export interface StackName {
  name: string;
  /** Absent: the default organization. */
  organization?: string | undefined;
}

/** Pulumi Cloud, hosted by Pulumi or by oneself. Other backends have one organization, which is called "organization". */
export function hasOrganizations(backend: string): boolean {
  return /^https?:/.test(backend);
}

/** The project is that of Pulumi.yaml, whatever the text says. */
export function parseStackName(text: string, backend: string): StackName {
  const parts = text.split("/");
  const [organization] = parts;
  const name = parts.at(-1) ?? text;
  return parts.length > 1 && hasOrganizations(backend) ? { name, organization } : { name };
}

/** For `--stack`: Pulumi looks for a name without an organization in the default one. */
export function fullName({ organization, project, name }: StackName & { project: string }): string {
  return organization === undefined ? name : `${organization}/${project}/${name}`;
}
