/** Values of encrypted variables in the health checks and hooks that a command is about to run. */
import { messageOf } from "../../provider/shared/errors.js";
import type { Member } from "./application.js";
import type { Context } from "./context.js";
import { usesSecrets } from "./secret-uses.js";

/** Throws K2Error if Pulumi cannot decrypt them. */
export async function withSecretValues<T extends Member>(context: Context, members: T[]): Promise<T[]> {
  const using = await membersUsing(context, members);
  if (using.length === 0) return members;
  const { services } = await context.project();
  return members.map((member) => {
    const definition = using.includes(member) ? services[member.service] : undefined;
    if (!definition) return member;
    const { health_check: healthCheck } = definition;
    return { ...member, definition, ...(healthCheck && { healthCheck }) };
  });
}

/** For commands that show the result of health checks: without the values they run only the other ones. */
export async function withKnownChecks<T extends Member>(context: Context, members: T[]): Promise<T[]> {
  try {
    return await withSecretValues(context, members);
  } catch (error) {
    context.out.warn(`health checks with encrypted values are not run: ${messageOf(error)}`);
    const using = await membersUsing(context, members);
    return members.map((member) => (using.includes(member) ? withoutCheck(member) : member));
  }
}

async function membersUsing<T extends Member>(context: Context, members: T[]): Promise<T[]> {
  const { encrypted = [] } = await context.configuration();
  if (encrypted.length === 0) return [];
  return members.filter(({ definition }) => definition && usesSecrets(definition, encrypted));
}

function withoutCheck<T extends Member>(member: T): T {
  const copy = { ...member };
  delete copy.healthCheck;
  return copy;
}
