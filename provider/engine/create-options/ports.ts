import { K2Error } from "../../shared/errors.js";
import type { Port } from "../../compose/types.js";
import { ipAddress } from "./ip-address.js";
import { type Body, field, land, notForTheEngine, type Table } from "../../model/tables/table.js";

type PortBindings = Record<string, { HostIp: string; HostPort: string }[]>;

/** "80/tcp" -> its host bindings, in the order of the ports. */
export function portBindings(ports: Port[]): PortBindings {
  const bindings: PortBindings = {};
  for (const port of ports) {
    const binding = { HostIp: "", HostPort: "" };
    land(places, port, binding);
    (bindings[portKey(port)] ??= []).push(binding);
  }
  return bindings;
}

export function publishedPorts(ports: Port[]): string[] {
  return ports.map(portKey);
}

/** Every port of `expose`: "8000", "8000/udp", "8000-8010". */
export function exposedPorts(expose: string[]): string[] {
  return expose.flatMap((text) => {
    const [, from, to = from, protocol = "tcp"] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(text) ?? [];
    if (from === undefined || Number(to) < Number(from) || Number(to) > 65535) {
      throw new K2Error("invalid-file", `expose: invalid port or range "${text}"`);
    }
    const count = Number(to) - Number(from) + 1;
    return Array.from({ length: count }, (_, index) => `${Number(from) + index}/${protocol.toLowerCase()}`);
  });
}

function portKey(port: Port): string {
  return `${port.target}/${(port.protocol ?? "tcp").toLowerCase()}`;
}

const places: Table<Port, Body> = {
  target: notForTheEngine("the key that the binding stands under"),
  protocol: notForTheEngine("part of that key"),
  published: field("HostPort"),
  host_ip: field("HostIp", (ip) => ipAddress(ip, "ports.host_ip")),
  mode: notForTheEngine("swarm's routing mesh; a container's ports are always its host's"),
  name: notForTheEngine("for people"),
  app_protocol: notForTheEngine("for proxies that read the file"),
};
