import { K2Error } from "../../errors.js";

const nanoseconds: Record<string, number> = {
  h: 3600e9,
  m: 60e9,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
  ns: 1,
};

/** Nanoseconds of a canonical duration, "1m30s". */
export function duration(text: string): number {
  if (!/^-?(0|([\d.]+(h|ms|m|s|us|µs|ns))+)$/.test(text))
    throw new K2Error("invalid-file", `invalid duration "${text}"`);
  let total = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) {
    total += Number(number) * (nanoseconds[unit ?? ""] ?? NaN);
  }
  return Math.round(text.startsWith("-") ? -total : total);
}

/** Whole seconds, cut off. */
export function seconds(text: string): number {
  return Math.trunc(duration(text) / 1e9);
}

/** A canonical size: a decimal string. */
export function bytes(text: string): number {
  return Number(text);
}

/** Billionths of a CPU, in the single precision that docker compose computes them with. */
export function nanoCpus(cpus: number): number {
  return Math.trunc(Math.fround(Math.fround(cpus) * 1e9));
}
