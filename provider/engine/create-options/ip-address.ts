import { isIP, isIPv6 } from "node:net";
import { K2Error } from "../../shared/errors.js";

/** Returns an IP address in canonical form. Engines accept other forms, and some do not validate it at all. */
export function ipAddress(text: string, what: string): string {
  if (isIP(text) === 0) throw new K2Error("invalid-file", `${what}: "${text}" is not an IP address`);
  return isIPv6(text) && !text.includes("%") ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}

/** A subnet, "10.0.0.0/24". */
export function subnet(text: string, what: string): string {
  const [address = "", bits = "", ...rest] = text.split("/");
  const most = isIPv6(address) ? 128 : 32;
  if (/^\d+$/.test(bits) && Number(bits) <= most && rest.length === 0)
    return `${ipAddress(address, what)}/${bits}`;
  throw new K2Error("invalid-file", `${what}: "${text}" is not a subnet like 10.0.0.0/24`);
}

/** Returns a MAC address in lower case with colons, from any of the usual notations. */
export function macAddress(text: string, what: string): string {
  const digits = text.toLowerCase().replace(/^([0-9a-f]{4})\.([0-9a-f]{4})\.([0-9a-f]{4})$/, "$1$2$3");
  const pairs = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/.test(digits) ? digits.replace(/[:-]/g, "") : digits;
  if (/^[0-9a-f]{12}$/.test(pairs) && pairs !== text.toLowerCase())
    return (pairs.match(/../g) ?? []).join(":");
  throw new K2Error("invalid-file", `${what}: "${text}" is not a MAC address`);
}
