/** Parses times on the command line, as docker does. */
import { K2Error } from "../../provider/shared/errors.js";
import { propertyOf } from "../../provider/shared/lookup.js";

const milliseconds: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const span = /(\d+(?:\.\d+)?)(ms|[smhd])/g;
const date = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Accepts durations before now ("10m", "1h30m"), dates with an optional time (in the local zone unless they name
 * one), and seconds since the epoch. Returns seconds since the epoch. Throws K2Error "usage".
 */
export function moment(text: string | undefined, now = Date.now()): string | undefined {
  if (text === undefined || /^\d+(\.\d+)?$/.test(text)) return text;
  if (text !== "" && text.replace(span, "") === "") {
    let ago = 0;
    for (const [, amount, unit = ""] of text.matchAll(span))
      ago += Number(amount) * propertyOf(milliseconds, unit);
    return String((now - ago) / 1000);
  }
  const [, day, hour = "00", minute = "00", second = "00", fraction = "", zone = ""] = date.exec(text) ?? [];
  const time = Date.parse(`${day}T${hour}:${minute}:${second}${zone}`);
  // Engines count nanoseconds, dates do not.
  if (!Number.isNaN(time)) return `${time / 1000}${fraction}`;
  throw new K2Error("usage", `invalid time "${text}"`, {
    hint: "Use 2026-01-02T03:04:05Z, 2026-01-02T03:04 or 2026-01-02 in the local zone, 10m for ten minutes ago, or seconds since the epoch.",
  });
}
