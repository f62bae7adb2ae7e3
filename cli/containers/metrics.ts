/** Resource usage of a container, from the engine's statistics. */
import { jsonLines } from "../../provider/engine/connection/stream.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import {
  type BlockStats,
  type ContainerStats,
  statsOnce,
  statsStream,
} from "../../provider/engine/observe/container-stats.js";

export interface Metrics {
  cpuPercent: number;
  /** Bytes. */
  memory: number;
  memoryLimit: number;
  memoryPercent: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  processes: number;
}

/** The engine measures once per second; the stream ends with the container. */
export async function* metricsOf(engine: Engine, id: string, signal?: AbortSignal): AsyncGenerator<Metrics> {
  const stream = await statsStream(engine, id, signal);
  let first = true;
  for await (const stats of jsonLines<ContainerStats>(stream, engine.host, signal)) {
    // The first one has no previous values to compare with.
    if (!first || stats.precpu_stats.system_cpu_usage) yield metricsFrom(stats);
    first = false;
  }
}

/** A single measurement, which takes the engine one or two seconds. */
export async function metricsOnce(engine: Engine, id: string, signal?: AbortSignal): Promise<Metrics> {
  return metricsFrom(await statsOnce(engine, id, signal));
}

export function metricsFrom({
  cpu_stats,
  precpu_stats,
  memory_stats,
  networks,
  blkio_stats,
  pids_stats,
}: ContainerStats): Metrics {
  const used = cpu_stats.cpu_usage.total_usage - precpu_stats.cpu_usage.total_usage;
  const passed = (cpu_stats.system_cpu_usage ?? 0) - (precpu_stats.system_cpu_usage ?? 0);
  const processors = cpu_stats.online_cpus ?? cpu_stats.cpu_usage.percpu_usage?.length ?? 1;
  const { usage = 0, limit = 0, stats = {} } = memory_stats;
  // Page cache that the kernel can reclaim is not counted, as in docker.
  const memory = Math.max(0, usage - (stats.total_inactive_file ?? stats.inactive_file ?? 0));
  const interfaces = Object.values(networks ?? {});
  return {
    cpuPercent: passed > 0 && used > 0 ? (used / passed) * processors * 100 : 0,
    memory,
    memoryLimit: limit,
    memoryPercent: limit > 0 ? (memory / limit) * 100 : 0,
    received: sum(interfaces.map(({ rx_bytes }) => rx_bytes)),
    sent: sum(interfaces.map(({ tx_bytes }) => tx_bytes)),
    read: sum(bytes(blkio_stats, "read")),
    written: sum(bytes(blkio_stats, "write")),
    processes: pids_stats?.current ?? 0,
  };
}

/** "12.3MiB", as docker prints memory. */
export function binarySize(bytes: number): string {
  return sized(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

/** "1.2MB", as docker prints traffic. */
export function decimalSize(bytes: number, digits?: number): string {
  return sized(bytes, 1000, ["B", "kB", "MB", "GB", "TB"], digits);
}

function bytes(stats: BlockStats | undefined, op: string): number[] {
  const all = stats?.io_service_bytes_recursive ?? [];
  return all.filter((entry) => entry.op.toLowerCase() === op).map(({ value }) => value);
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function sized(bytes: number, step: number, units: string[], digits = 4): string {
  let value = bytes;
  let at = 0;
  while (value >= step && at < units.length - 1) {
    value /= step;
    at++;
  }
  return `${Number(value.toPrecision(digits))}${units[at]}`;
}
