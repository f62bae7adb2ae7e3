import type { FakeContainer } from "./contents.js";

const second = 1_000_000_000;

/** A statistics line with a real engine's length: two processors, and the container uses a tenth of one. */
export function statsOf(container: FakeContainer, count: number): object {
  return {
    read: new Date().toISOString(),
    preread: new Date(Date.now() - 1000).toISOString(),
    pids_stats: { current: 3, limit: 28_000 },
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 254, minor: 0, op: "read", value: 4096 * count },
        { major: 254, minor: 0, op: "write", value: 8192 * count },
      ],
      io_serviced_recursive: null,
      io_queue_recursive: null,
      io_service_time_recursive: null,
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuAt(count),
    precpu_stats: count === 1 ? { cpu_usage: { total_usage: 0 }, throttling_data: {} } : cpuAt(count - 1),
    memory_stats: {
      usage: 34_603_008,
      stats: memoryDetails,
      limit: 2_096_103_424,
    },
    name: `/${container.Name}`,
    id: container.Id,
    networks: {
      eth0: {
        ...{ rx_bytes: 1000 * count, rx_packets: 10 * count, rx_errors: 0, rx_dropped: 0 },
        ...{ tx_bytes: 2000 * count, tx_packets: 20 * count, tx_errors: 0, tx_dropped: 0 },
      },
    },
  };
}

function cpuAt(count: number): object {
  return {
    cpu_usage: {
      total_usage: (second / 10) * count,
      usage_in_kernelmode: (second / 100) * count,
      usage_in_usermode: (second / 11) * count,
    },
    system_cpu_usage: 2 * second * count,
    online_cpus: 2,
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  };
}

const names =
  "active_anon active_file anon anon_thp file file_dirty file_mapped file_writeback inactive_anon kernel_stack " +
  "pgactivate pgdeactivate pgfault pglazyfree pglazyfreed pgmajfault pgrefill pgscan pgsteal shmem slab " +
  "slab_reclaimable slab_unreclaimable sock thp_collapse_alloc thp_fault_alloc unevictable workingset_activate " +
  "workingset_nodereclaim workingset_refault";
const memoryDetails = {
  ...Object.fromEntries(names.split(" ").map((name, at) => [name, at * 4096])),
  inactive_file: 1_048_576,
};
