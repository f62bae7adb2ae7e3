/** Formats values as Go prints them, because docker compose prints and hashes them in this form. */
import { type Branch, placeOf, valueAt } from "../tree/tree.js";

/** Returns an entry as text, as Go's fmt.Sprint formats it. */
export function entryText(container: Branch, key: string | number): string {
  const value = valueAt(container, key);
  const place = placeOf(container, key);
  if (place?.date !== undefined && typeof value === "string") return place.date;
  if (typeof value === "number") return place?.float === true ? floatText(value) : String(value);
  return value === null ? "<nil>" : String(value);
}

/** Formats a float64 as %v does: with an exponent below 1e-04 and from 1e+06. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return plainDigits(value, mantissa, exponent);
  const sign = exponent < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function plainDigits(value: number, mantissa: string, exponent: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return value.toFixed(Math.max(0, mantissa.replace(/[-.]/g, "").length - 1 - exponent));
}

/** Returns the number with the fewest digits that is the same 32-bit float, because Go stores `cpus` in one. */
export function float32(value: number): number {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single;
  for (let digits = 1; digits <= 9; digits += 1) {
    const shorter = Number(single.toPrecision(digits));
    if (Math.fround(shorter) === single) return shorter;
  }
  return single;
}

/** Go orders map keys by their UTF-8 bytes, JavaScript by UTF-16 units: they differ beyond the basic plane. */
export function compareBytes(a: string, b: string): number {
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(a + b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
