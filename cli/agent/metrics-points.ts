/** Measurements as OpenTSDB points. Names, units and special values are those of the original k2-compose. Pure. */
import { K2Error } from "../../provider/shared/errors.js";
import type { Metrics } from "../containers/metrics.js";

export interface Point {
  /** Seconds. */
  timestamp: number;
  metric: string;
  value: number;
  tags: Record<string, string>;
}

/** Special values, used instead of the duration of the health check. */
export const stopped = -20001;
export const undeployed = -20002;

interface MeasuredHost {
  name: string;
  connected: boolean;
}

export interface MeasuredContainer {
  /** The service's name; for further replicas with their number, "web_2". */
  name: string;
  host: string;
  state: "undeployed" | "stopped" | "error" | "running";
  /** Duration of the health check in ms; 0 without one. */
  milliseconds: number;
  metrics?: Metrics;
}

export interface Measurement {
  /** Seconds. */
  timestamp: number;
  hosts: MeasuredHost[];
  containers: MeasuredContainer[];
}

/** "gw.k2composetest": the project name without characters other than letters and digits. */
export function prefixOf(prefix: string | undefined, project: string): string {
  if (prefix && !/^[A-Za-z0-9_./-]+$/.test(prefix))
    throw new K2Error("usage", `--prefix "${prefix}" contains characters that metric names cannot have`, {
      hint: "OpenTSDB accepts letters, digits and . _ - /",
    });
  const stripped = project.replaceAll(/[^A-Za-z0-9]/g, "");
  return prefix ? `${prefix}.${stripped}` : stripped;
}

/** The first container is called like the service, because most services have only one. */
export function replicaName(service: string, number: number): string {
  return number === 1 ? service : `${service}_${number}`;
}

export function pointsOf(prefix: string, { timestamp, hosts, containers }: Measurement): Point[] {
  const hostPoints = hosts.map(({ name, connected }) => ({
    ...{ timestamp, metric: `${prefix}.hosts.${name}`, value: connected ? 1 : 0, tags: { host: name } },
  }));
  return [...hostPoints, ...containers.flatMap((container) => containerPoints(prefix, timestamp, container))];
}

/**
 * A line of OpenTSDB's telnet interface. Percentages always have a fraction, so that a database stores them as
 * floats.
 */
export function telnetLine({ metric, timestamp, value, tags }: Point): string {
  const isPercent = metric.endsWith("_percent");
  const text = isPercent && Number.isInteger(value) ? value.toFixed(1) : String(value);
  const words = Object.entries(tags).map(([name, tag]) => `${name}=${tag}`);
  return ["put", metric, timestamp, text, ...words].join(" ");
}

function containerPoints(prefix: string, timestamp: number, container: MeasuredContainer): Point[] {
  const { name, host, metrics } = container;
  const tags = { host, container: name };
  const metric = `${prefix}.containers.${name}`;
  const health = { timestamp, metric, value: healthValue(container), tags };
  if (!metrics) return [health];
  const values: [string, number][] = [
    ["mem_limit", Math.floor(metrics.memoryLimit / mebibyte)],
    ["mem_usage", Math.floor(metrics.memory / mebibyte)],
    ["mem_percent", twoDigits(metrics.memoryPercent)],
    ["cpu_percent", twoDigits(metrics.cpuPercent)],
  ];
  return [
    health,
    ...values.map(([what, value]) => ({ timestamp, metric: `${metric}.${what}`, value, tags })),
  ];
}

const mebibyte = 1024 * 1024;

/** Milliseconds of the health check, negative if it failed. */
export function healthValue({ state, milliseconds }: MeasuredContainer): number {
  if (state === "undeployed") return undeployed;
  if (state === "stopped") return stopped;
  const time = Math.round(milliseconds);
  return state === "error" ? -Math.max(1, Math.min(time, 20000)) : time;
}

function twoDigits(value: number): number {
  return Number(value.toFixed(2));
}
