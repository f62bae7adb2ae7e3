/** Parses stack names as Pulumi accepts them: STACK, ORGANIZATION/STACK, or ORGANIZATION/PROJECT/STACK. */

export interface StackName {
  name: string;
  /** Undefined: the default organization. */
  organization?: string | undefined;
}

/** Pulumi Cloud, also self-hosted. Other backends have one organization, named "organization". */
export function hasOrganizations(backend: string): boolean {
  return /^https?:/.test(backend);
}

/** The project is always that of Pulumi.yaml. */
export function parseStackName(text: string, backend: string): StackName {
  const parts = text.split("/");
  const [organization] = parts;
  const name = parts.at(-1) ?? text;
  return parts.length > 1 && hasOrganizations(backend) ? { name, organization } : { name };
}

/** Name for `--stack`: Pulumi looks up a name without an organization in the default one. */
export function fullName({ organization, project, name }: StackName & { project: string }): string {
  return organization === undefined ? name : `${organization}/${project}/${name}`;
}
