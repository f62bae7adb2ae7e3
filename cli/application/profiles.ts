/** A service that is named on the command line enables its profiles, as in docker compose. */
import type { Context } from "./context.js";

export async function withProfilesOf(context: Context, names: string[]): Promise<Context> {
  if (names.length === 0) return context;
  const project = await context.projectIfAny();
  if (!project) return context;
  const wanted = names.flatMap((name) => project.disabled_services[name.split("@")[0]!]?.profiles ?? []);
  if (wanted.length === 0) return context;
  const { options } = context;
  const active = options.profile ?? (project.environment.COMPOSE_PROFILES ?? "").split(",").filter(Boolean);
  return context.with({ profile: [...new Set([...active, ...wanted])] });
}
