/** Runs k2's health checks for all running services from this machine. */
import pLimit from "p-limit";
import { probe } from "../../provider/engine/containers/probe.js";
import type { LiveService } from "./live-application.js";
import type { Checked } from "./status.js";

export type Checks = Map<LiveService, Checked>;

export async function checkAll(
  services: LiveService[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Checks> {
  const limit = pLimit(32);
  const checks: Checks = new Map();
  await Promise.all(
    services.map((service) =>
      limit(async () => {
        const { healthCheck, containers } = service;
        if (!healthCheck || !containers.some(({ state }) => state === "running")) return;
        checks.set(service, await probe(healthCheck, { env, signal }));
      }),
    ),
  );
  return checks;
}
