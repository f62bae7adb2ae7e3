import { parseDuration } from "../../compose/values/duration.js";
import { K2Error } from "../../shared/errors.js";

/** Nanoseconds of a canonical duration, "1m30s". */
export function duration(text: string): number {
  const nanoseconds = parseDuration(text);
  if (typeof nanoseconds === "bigint") return Number(nanoseconds);
  throw new K2Error("invalid-file", `invalid duration "${text}": ${nanoseconds}`);
}

/** Whole seconds, truncated. */
export function seconds(text: string): number {
  return Math.trunc(duration(text) / 1e9);
}

/** A canonical size: a decimal string. */
export function bytes(text: string): number {
  return Number(text);
}

/** Billionths of a CPU, computed in single precision like in docker compose. */
export function nanoCpus(cpus: number): number {
  return Math.trunc(Math.fround(Math.fround(cpus) * 1e9));
}

/** Billionths of a CPU, exactly. */
export function exactNanoCpus(cpus: number): number {
  return Math.round(cpus * 1e9);
}
