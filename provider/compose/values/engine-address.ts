/** Parser of engine addresses. It reads no files (contexts, certificates). */
import { isAbsolute } from "node:path";

export type Address =
  | { scheme: "unix"; path: string }
  | { scheme: "tcp" | "https"; host: string; port?: number }
  | { scheme: "ssh"; destination: string; port?: number; socket: string }
  | { scheme: "context"; context: string };

export const engineSocket = "/var/run/docker.sock";

/** `localhost:2375` and `/var/run/docker.sock` need no scheme. Throws WrongAddress. */
export function readAddress(written: string): Address {
  const text = withScheme(written.trim());
  const colon = text.indexOf("://");
  const [scheme, rest] = [text.slice(0, colon).toLowerCase(), text.slice(colon + 3)];
  if (rest === "" && scheme !== "unix") throw new WrongAddress("has no host");
  switch (scheme) {
    case "unix":
      return { scheme, path: rest === "" ? engineSocket : withLeadingSlash(rest) };
    case "context":
      return { scheme, context: rest };
    case "ssh":
      return { scheme, ...sshPlace(rest) };
    case "tcp":
    case "http":
      return { scheme: "tcp", ...hostAndPort(rest) };
    case "https":
      return { scheme, ...hostAndPort(rest) };
    default:
      throw new WrongAddress(`has an unsupported scheme ("${scheme}")`);
  }
}

/** Its message continues after the address: "has no host". */
export class WrongAddress extends Error {}

/** "10.0.0.5:2375" -> "tcp://10.0.0.5:2375", "/run/docker.sock" -> "unix:///run/docker.sock" */
export function withScheme(address: string): string {
  if (address.includes("://")) return address;
  return isAbsolute(address) ? `unix://${address}` : `tcp://${address}`;
}

function withLeadingSlash(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

function hostAndPort(rest: string): { host: string; port?: number } {
  const url = asUrl(rest);
  if (url.username !== "" || (url.pathname !== "" && url.pathname !== "/"))
    throw new WrongAddress("may contain only a host and a port");
  return { host: hostIn(url), ...portOf(url) };
}

function sshPlace(rest: string) {
  const url = asUrl(rest);
  if (url.password !== "")
    throw new WrongAddress("contains a password; ssh uses keys of its agent or configuration");
  const host = hostIn(url);
  const destination = url.username === "" ? host : `${userIn(url)}@${host}`;
  const socket = url.pathname === "" || url.pathname === "/" ? engineSocket : url.pathname;
  return { destination, socket, ...portOf(url) };
}

/** ssh, which gets the name as an argument, would read it as an option if it began with "-". */
function hostIn(url: URL): string {
  const host = unbracketed(url.hostname);
  if (host.startsWith("-")) throw new WrongAddress('has a host that begins with "-"');
  return host;
}

function userIn({ username }: URL): string {
  let user = username;
  try {
    user = decodeURIComponent(username);
  } catch {
    // A single % that encodes nothing.
  }
  if (!/^[^\s-]\S*$/.test(user)) throw new WrongAddress("has no valid user");
  return user;
}

/** Parses with an unknown scheme, which keeps the case of the host: it matters in ssh's configuration. */
function asUrl(rest: string): URL {
  try {
    const url = new URL(`engine://${rest}`);
    if (url.hostname !== "") return url;
  } catch {
    // Reported below.
  }
  throw new WrongAddress("is not a host and port");
}

function portOf(url: URL): { port?: number } {
  return url.port === "" ? {} : { port: Number(url.port) };
}

function unbracketed(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}
