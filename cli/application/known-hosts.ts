/** Hosts for commands about hosts rather than services. */
import { hostFromEnvironment } from "../../provider/engine/connection/host-address.js";
import { readDockerConfig } from "../../provider/engine/connection/docker-config.js";
import { K2Error } from "../../provider/shared/errors.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { byNumber } from "../terminal/natural-order.js";
import type { Context } from "./context.js";
import { type LiveHost, observeHost } from "./live-application.js";

/** Hosts of file and state; the default host if there is neither. */
export async function hostsOf(context: Context): Promise<HostRef[]> {
  try {
    return (await context.application()).hosts;
  } catch (error) {
    if (!K2Error.is(error) || error.code !== "not-found") throw error;
    const { currentContext } = await readDockerConfig(context.env);
    return [hostFromEnvironment("default", context.env, currentContext)];
  }
}

export async function hostNamed(context: Context, name: string): Promise<HostRef> {
  const hosts = await hostsOf(context);
  const alias = name === "local" ? "default" : name;
  const found = hosts.find((host) => host.name === name) ?? hosts.find((host) => host.name === alias);
  if (found) return found;
  throw new K2Error(
    "not-found",
    `no such host: ${name} (available: ${sortedByName(hosts)
      .map((host) => host.name)
      .join(", ")})`,
  );
}

export function sortedByName<T extends { name: string }>(hosts: T[]): T[] {
  return [...hosts].sort((a, b) => byNumber.compare(a.name, b.name));
}

export async function observeHosts(context: Context, hosts: HostRef[]): Promise<LiveHost[]> {
  const session = await context.session();
  return Promise.all(hosts.map((host) => observeHost(host, session, context.signal)));
}
