// The processor time of processes that are neither this one and its children nor test engines.
import { readFileSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The kernel counts processor time in ticks of 10 ms. */
const ticksPerSecond = 100;

/**
 * Starts a measurement. The returned function ends it, and returns its duration and the share of the processors that
 * other processes used.
 */
export function startMeasurement() {
  const started = performance.now();
  const first = ticks();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const last = ticks();
    const others = last.busy - first.busy - (last.own - first.own);
    const all = seconds * ticksPerSecond * availableParallelism();
    return { seconds, others: Math.min(1, Math.max(0, others / all)) };
  };
}

function ticks() {
  if (process.platform !== "linux") return { busy: 0, own: 0 };
  const all = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].split(/\s+/).slice(1).map(Number);
  // The second value is left out: processes of low priority, such as eslint beside the tests, take what the others leave.
  const [user, , system, , , interrupts, softInterrupts, stolen] = all;
  const busy = user + system + interrupts + softInterrupts + stolen;
  const own = [String(process.pid), ...engineProcesses()].map(ticksOf).reduce((sum, one) => sum + one, 0);
  return { busy, own };
}

/** The engines of the test bed outlive this process, and name their folder in an argument. */
function engineProcesses() {
  const isOfBed = (pid) => /\/run\/k2\d*-bed\//.test(contentOf(`/proc/${pid}/cmdline`));
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isOfBed(name));
}

/** Returns the time of a process and of the children that it has waited for. */
function ticksOf(pid) {
  const stat = contentOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

/** Returns nothing for a process that has ended. */
function contentOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
