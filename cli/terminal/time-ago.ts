/** "About an hour ago", as in docker's lists. */
export function timeAgo(milliseconds: number): string {
  return `${duration(milliseconds / 1000)} ago`;
}

function duration(seconds: number): string {
  const [minute, hour, day] = [60, 3600, 86_400];
  const whole = Math.floor(seconds);
  if (whole < 1) return "Less than a second";
  if (whole < minute) return count(whole, "second");
  if (whole < 2 * minute) return "About a minute";
  if (whole < hour) return count(Math.floor(seconds / minute), "minute");
  const hours = Math.round(seconds / hour);
  if (hours === 1) return "About an hour";
  if (hours < 48) return count(hours, "hour");
  const days = Math.floor(seconds / day);
  if (days < 14) return count(days, "day");
  if (days < 60) return count(Math.floor(days / 7), "week");
  return days < 730 ? count(Math.floor(days / 30), "month") : count(Math.floor(days / 365), "year");
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
