/** Byte sizes: "64m", "1.5g", "1 GiB". All units are binary. */

const powers: Record<string, number> = { "": 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Returns bytes in decimal digits, or undefined. */
export function parseByteSize(text: string): string | undefined {
  if (/^[-+]?\d+$/.test(text)) {
    const exact = BigInt(text.replace("+", ""));
    if (exact <= 0x7fffffffffffffffn && exact >= -0x8000000000000000n) return String(exact);
  }
  const match = /^(\+?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?) ?([a-zA-Z]{0,3})$/.exec(text);
  if (match === null) return undefined;
  const [, number = "", suffix = ""] = match;
  const unit = /^(?:([kmgtp])(?:i?b)?|b|)$/.exec(suffix.toLowerCase());
  if (unit === null) return undefined;
  const bytes = Number(number) * 1024 ** (powers[unit[1] ?? ""] ?? 0);
  return Number.isFinite(bytes) ? String(BigInt(Math.trunc(bytes))) : undefined;
}
