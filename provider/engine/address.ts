import { isAbsolute } from "node:path";
import { K2Error } from "../errors.js";

/** A Docker engine as an operator names it. */
export interface HostRef {
  name: string;
  /** tcp://h:p, h:p, https://h:p, unix:///path, ssh://user@h[:p] or context://NAME (a docker context). */
  address: string;
  /** Folder that holds ca.pem, cert.pem and key.pem; or "secret://NAME": they are in the stack's configuration. */
  tls?: string;
  /** Pins the version of the API; "auto" or absent: negotiated. */
  api_version?: string;
}

/** What an address says, before files (contexts, certificates) are looked at. */
export type Address =
  | { scheme: "unix"; path: string }
  | { scheme: "tcp" | "https"; host: string; port?: number }
  | { scheme: "ssh"; destination: string; port?: number; socket: string }
  | { scheme: "context"; context: string };

export const engineSocket = "/var/run/docker.sock";

/** Reads an address; `localhost:2375` and `/var/run/docker.sock` may go without a scheme. */
export function parseAddress({ name, address }: Pick<HostRef, "name" | "address">): Address {
  const text = withScheme(address.trim());
  const colon = text.indexOf("://");
  const [scheme, rest] = [text.slice(0, colon).toLowerCase(), text.slice(colon + 3)];
  if (rest === "" && scheme !== "unix") throw bad(name, address, "names no host");
  switch (scheme) {
    case "unix":
      return { scheme, path: rest === "" ? engineSocket : absolute(rest) };
    case "context":
      return { scheme, context: rest };
    case "ssh":
      return { scheme, ...sshPlace(name, address, rest) };
    case "tcp":
    case "http":
      return { scheme: "tcp", ...place(name, address, rest) };
    case "https":
      return { scheme, ...place(name, address, rest) };
    default:
      throw bad(name, address, `has a scheme that k2-compose cannot speak ("${scheme}")`);
  }
}

/** The default engine as docker's own variables and current context name it. */
export function hostFromEnvironment(
  name: string,
  env: Record<string, string | undefined>,
  currentContext?: string,
): HostRef {
  if (env.DOCKER_HOST) {
    const verified = env.DOCKER_TLS_VERIFY
      ? (env.DOCKER_CERT_PATH ?? `${env.HOME ?? ""}/.docker`)
      : undefined;
    return {
      name,
      address: withScheme(env.DOCKER_HOST),
      ...(verified === undefined ? {} : { tls: verified }),
    };
  }
  const context = env.DOCKER_CONTEXT || currentContext;
  return {
    name,
    address: context && context !== "default" ? `context://${context}` : `unix://${engineSocket}`,
  };
}

function withScheme(address: string): string {
  if (address.includes("://")) return address;
  return isAbsolute(address) ? `unix://${address}` : `tcp://${address}`;
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

function place(name: string, address: string, rest: string): { host: string; port?: number } {
  const url = asUrl(name, address, rest);
  if (url.username !== "" || (url.pathname !== "" && url.pathname !== "/"))
    throw bad(name, address, "may hold a host and a port only");
  return { host: unbracketed(url.hostname), ...portOf(url) };
}

function sshPlace(name: string, address: string, rest: string) {
  const url = asUrl(name, address, rest);
  if (url.password !== "")
    throw bad(name, address, "holds a password; ssh takes keys from its agent or config");
  const host = unbracketed(url.hostname);
  if (host.startsWith("-") || url.username.startsWith("-")) throw bad(name, address, "names no host");
  const destination = url.username === "" ? host : `${decodeURIComponent(url.username)}@${host}`;
  const socket = url.pathname === "" || url.pathname === "/" ? engineSocket : url.pathname;
  return { destination, socket, ...portOf(url) };
}

/** A URL of an unknown scheme leaves the host's case as written, which ssh's config may care about. */
function asUrl(name: string, address: string, rest: string): URL {
  try {
    const url = new URL(`engine://${rest}`);
    if (url.hostname !== "") return url;
  } catch {
    // Said below in the operator's terms.
  }
  throw bad(name, address, "is not a host and port");
}

function portOf(url: URL): { port?: number } {
  return url.port === "" ? {} : { port: Number(url.port) };
}

function unbracketed(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

function bad(name: string, address: string, why: string): K2Error {
  return new K2Error("invalid-file", `the address "${address}" ${why}`, {
    at: name,
    hint: "Write host:port, tcp://host:port, https://host:port, unix:///path, ssh://user@host or context://NAME.",
  });
}
