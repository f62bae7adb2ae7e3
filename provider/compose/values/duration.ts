/** Durations as Go writes them ("1m30s"), with the days and weeks that compose adds. */

const nanoseconds: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  "\u00b5s": 1_000n,
  "\u03bcs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};
const limit = (1n << 63n) - 1n;

/** Returns nanoseconds, or the reason why the text is not a duration. */
export function parseDuration(text: string): bigint | string {
  const sign = text.startsWith("-") ? -1n : 1n;
  let rest = text.replace(/^[-+]/, "");
  if (rest === "0") return 0n;
  if (rest === "") return "an empty duration";
  let total = 0n;
  while (rest !== "") {
    const match = /^(\d*)(?:\.(\d*))?([^.\d]*)/.exec(rest);
    const [part = "", whole = "", fraction = "", unit = ""] = match ?? [];
    if (whole === "" && fraction === "") return "not a duration";
    if (unit === "") return `"${rest}" has no unit`;
    const scale = nanoseconds[unit];
    if (scale === undefined) return `unknown unit "${unit}"`;
    total += BigInt(whole) * scale;
    if (fraction !== "") total += BigInt(Math.trunc(Number(`0.${fraction}`) * Number(scale) + 1e-7));
    if (total > limit) return "too long";
    rest = rest.slice(part.length);
  }
  return sign * total;
}

/** Formats a duration as Go's time.Duration does. */
export function formatDuration(duration: bigint): string {
  if (duration === 0n) return "0s";
  if (duration < 0n) return `-${formatDuration(-duration)}`;
  if (duration < 1_000n) return `${duration}ns`;
  if (duration < 1_000_000n) return `${decimal(duration, 1_000n)}\u00b5s`;
  if (duration < 1_000_000_000n) return `${decimal(duration, 1_000_000n)}ms`;
  const seconds = decimal(duration % 60_000_000_000n, 1_000_000_000n);
  const minutes = duration / 60_000_000_000n;
  if (minutes === 0n) return `${seconds}s`;
  if (minutes < 60n) return `${minutes}m${seconds}s`;
  return `${minutes / 60n}h${minutes % 60n}m${seconds}s`;
}

function decimal(value: bigint, scale: bigint): string {
  const fraction = (value % scale)
    .toString()
    .padStart(scale.toString().length - 1, "0")
    .replace(/0+$/, "");
  return fraction === "" ? `${value / scale}` : `${value / scale}.${fraction}`;
}
