/** The status of a service, in the words of the original k2-compose. Pure. */
import { type ObservedContainer } from "../../provider/model/observed.js";
import { imageNamed } from "../../provider/model/images/find-image.js";
import type { LiveService, TasksOnSwarm } from "./live-application.js";

/** The four statuses of the original, and those that it did not distinguish. */
export type Status =
  "undeployed" | "stopped" | "error" | "running" | "starting" | "restarting" | "paused" | "unreachable";

/** Result of the service's health_check. */
export interface Checked {
  ok: boolean;
  ms: number;
  reason: string;
}

export interface ServiceStatus {
  status: Status;
  /** As printed: "running", "running 2/3", "stopped (1)". */
  text: string;
  /** Why the service is not well, for a line below the table. */
  reason?: string;
}

/** The codes of the original. */
export const statusCodes: Record<Status, number> = {
  ...{ undeployed: 0, stopped: 1, paused: 1, error: 2, restarting: 2, starting: 2, unreachable: -1 },
  running: 3,
};

export function statusOf(service: LiveService, check?: Checked): ServiceStatus {
  const { at, containers, replicas } = service;
  if (at.error) return { status: "unreachable", text: "unreachable", reason: at.error.what };
  if (service.onSwarm) return statusOnSwarm(service, service.onSwarm);
  if (containers.length === 0) return { status: "undeployed", text: "undeployed" };
  const all = containers.map(containerStatus);
  const up = all.filter(({ status }) => status === "running" || status === "starting");
  if (up.length === 0) return { ...worst(all), ...(containers.length > 1 && { text: worst(all).status }) };
  const ill = all.find(({ status }) => status === "error");
  if (ill) return ill;
  const count = Math.max(replicas, containers.length);
  const share = count > 1 ? ` ${up.length}/${count}` : "";
  if (check && !check.ok) return { status: "error", text: "error", reason: check.reason };
  if (all.some(({ status }) => status === "starting"))
    return { status: "starting", text: `starting${share}` };
  return { status: up.length < count ? "error" : "running", text: `running${share}` };
}

/** A completed job is stopped, and not in error. */
function statusOnSwarm({ containers }: LiveService, { share, error }: TasksOnSwarm): ServiceStatus {
  const all = containers.map(containerStatus);
  const is = (wanted: Status) => all.some(({ status }) => status === wanted);
  const reason = error === undefined ? {} : { reason: error };
  if (error !== undefined) return { status: "error", text: `error ${share}`, ...reason };
  if (is("starting") || containers.some(({ state }) => state === "created"))
    return { status: "starting", text: `starting ${share}` };
  if (is("running")) return { status: "running", text: `running ${share}` };
  return containers.length === 0
    ? { status: "stopped", text: `stopped ${share}` }
    : { ...worst(all), text: `${worst(all).text} ${share}` };
}

/** "changed" if the image's name now refers to another image. */
export function imageStatusOf({
  at,
  containers,
  deployed,
  definition,
  onSwarm,
}: LiveService): "changed" | "" {
  if (onSwarm) return "";
  const images = at.snapshot?.images ?? [];
  return containers.some((container) => {
    const name = deployed?.inputs.image ?? definition?.image ?? container.image;
    const current = imageNamed(images, name);
    return current !== undefined && current.id !== container.imageId;
  })
    ? "changed"
    : "";
}

const aliveStates: Partial<Record<string, Status>> = {
  running: "running",
  paused: "paused",
  restarting: "restarting",
};

function containerStatus({ name, state, health, exitCode }: ObservedContainer): ServiceStatus {
  if (state === "running" && health === "starting") return { status: "starting", text: "starting" };
  if (state === "running" && health === "unhealthy")
    return { status: "error", text: "error", reason: `healthcheck of ${name} fails` };
  const alive = aliveStates[state];
  if (alive) return { status: alive, text: alive };
  // A stopped container has exited with 0 or with the signal that stopped it.
  const failed = exitCode !== undefined && ![0, 137, 143].includes(exitCode);
  return { status: "stopped", text: failed ? `stopped (${exitCode})` : "stopped" };
}

function worst(all: ServiceStatus[]): ServiceStatus {
  const order: Status[] = ["error", "restarting", "stopped", "paused"];
  return all.reduce((a, b) => (order.indexOf(b.status) < order.indexOf(a.status) ? b : a));
}
