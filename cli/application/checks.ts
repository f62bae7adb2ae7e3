/** Runs k2's health checks for all running services from this machine. */
import type { LiveService } from "./live-application.js";
import type { Checked } from "./status.js";

export type Checks = Map<LiveService, Checked>;

export async function checkAll(
  services: LiveService[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Checks> {
  const checked = services.flatMap((service) =>
    service.healthCheck && service.containers.some(({ state }) => state === "running")
      ? [{ service, check: service.healthCheck }]
      : [],
  );
  if (checked.length === 0) return new Map();
  // Loaded only for applications with health checks.
  const [{ default: pLimit }, { probe }] = await Promise.all([
    import("p-limit"),
    import("../../provider/engine/containers/probe.js"),
  ]);
  const limit = pLimit(32);
  const results = checked.map(({ service, check }) =>
    limit(async (): Promise<[LiveService, Checked]> => [service, await probe(check, { env, signal })]),
  );
  return new Map(await Promise.all(results));
}
