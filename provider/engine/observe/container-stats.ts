/** The engine's statistics of one container. */
import type { IncomingMessage } from "node:http";
import type { Engine } from "../connection/connect.js";

/** The part of the engine's answer that is used. */
export interface ContainerStats {
  cpu_stats: CpuStats;
  precpu_stats: CpuStats;
  memory_stats: {
    usage?: number;
    limit?: number;
    stats?: { total_inactive_file?: number; inactive_file?: number };
  };
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }>;
  blkio_stats?: BlockStats;
  pids_stats?: { current?: number };
}

export interface CpuStats {
  cpu_usage: { total_usage: number; percpu_usage?: number[] | null };
  system_cpu_usage?: number;
  online_cpus?: number;
}

export interface BlockStats {
  io_service_bytes_recursive?: { op: string; value: number }[] | null;
}

/** A line of JSON a second; the stream ends with the container. */
export function statsStream(engine: Engine, id: string, signal?: AbortSignal): Promise<IncomingMessage> {
  return engine.stream("GET", `/containers/${id}/stats`, { query: { stream: true }, signal });
}

/** A single measurement, which takes the engine one or two seconds. */
export function statsOnce(engine: Engine, id: string, signal?: AbortSignal): Promise<ContainerStats> {
  return engine.get(`/containers/${id}/stats`, { query: { stream: false }, signal });
}
