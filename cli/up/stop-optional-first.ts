/**
 * `down` of services with optional dependencies: those are not dependencies in Pulumi, which would remove both at
 * once, so dependents are stopped first.
 */
import type { Context } from "../application/context.js";
import type { LiveService } from "../application/live-application.js";
import { waves } from "../application/dependency-waves.js";

/** The services to stop first, and their dependents. */
export function servicesToStopFirst<T extends Pick<LiveService, "service" | "dependsOn" | "deployed">>(
  services: T[],
): T[] {
  const there = new Set(services.map(({ service }) => service));
  const isOptional = ({ deployed }: T) =>
    Object.entries(deployed?.inputs.depends_on ?? {}).some(
      ([name, { required }]) => required === false && there.has(name),
    );
  const first = new Set(services.filter(isOptional).map(({ service }) => service));
  // The set grows during the iteration.
  for (const name of first)
    for (const { service, dependsOn } of services) if (dependsOn.includes(name)) first.add(service);
  return services.filter(({ service }) => first.has(service));
}

/** A failure is reported by the removal, which tries again. */
export async function stopDependents(context: Context, timeout?: number): Promise<void> {
  const { members } = await context.application();
  if (servicesToStopFirst(members.filter(({ deployed }) => deployed)).length === 0) return;
  // Loaded only where a file has optional dependencies.
  const { stopService } = await import("../application/start-stop.js");
  const { services } = await context.live();
  const answering = services.filter(({ deployed, at }) => deployed && !at.error);
  for (const wave of waves(servicesToStopFirst(answering)).reverse()) {
    context.signal.throwIfAborted();
    await Promise.allSettled(
      wave.map(async (service) => {
        const engine = await context.engine(service.host);
        await stopService(service, engine, { timeout, signal: context.signal });
      }),
    );
  }
}
