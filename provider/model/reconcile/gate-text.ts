import type { Gate } from "../kinds.js";

const words = {
  service_started: "running",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
} as const;

/** "redis@as healthy" */
export function gateText({ service, host, condition, probe }: Gate): string {
  return `${service}@${host.name} ${words[condition]}${probe ? " and well" : ""}`;
}
