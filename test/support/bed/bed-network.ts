import { existsSync } from "node:fs";
import { command, must } from "../cli/command.js";
import { bridge, checkedAddress, gateway, interfaceOf, namespaceOf, namespacePath } from "./bed-place.js";

/** Creates the bridge that connects all hosts of the bed. */
export async function createBridge(): Promise<void> {
  if (existsSync(`/sys/class/net/${bridge()}`)) return;
  await must("ip", "link", "add", bridge(), "type", "bridge");
  await must("ip", "address", "add", `${gateway()}/24`, "dev", bridge());
  await must("ip", "link", "set", bridge(), "up");
}

export async function addCheckedAddress(): Promise<void> {
  await must("ip", "address", "replace", `${checkedAddress()}/32`, "dev", bridge());
}

/** Accepts traffic between the hosts, which the firewall rules of the machine's own engine would drop. */
export async function acceptForwarding(): Promise<void> {
  const rule = ["FORWARD", "-i", bridge(), "-o", bridge(), "-j", "ACCEPT"];
  const { code } = await command("iptables", ["-C", ...rule]);
  if (code !== 0) await must("iptables", "-I", ...rule);
}

export async function removeBridge(): Promise<void> {
  await command("iptables", ["-D", "FORWARD", "-i", bridge(), "-o", bridge(), "-j", "ACCEPT"]);
  await command("ip", ["link", "delete", bridge()]);
}

/** Creates a network namespace, which gives a host its own ports, routes, firewall and docker0. */
export async function createNamespace(host: string, ip: string): Promise<void> {
  const [space, link] = [namespaceOf(host), interfaceOf(host)];
  if (existsSync(namespacePath(host))) {
    if (existsSync(`/sys/class/net/${link}`)) return;
    // A run that was killed while it removed the host has left the namespace only.
    await removeNamespace(host);
  }
  const inside = (...args: string[]) => must("ip", "-n", space, ...args);
  await must("ip", "netns", "add", space);
  await must("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space);
  await must("ip", "link", "set", link, "master", bridge(), "up");
  await inside("link", "set", "lo", "up");
  await inside("address", "add", `${ip}/24`, "dev", "eth0");
  await inside("link", "set", "eth0", "up");
  await inside("route", "add", "default", "via", gateway());
}

export async function removeNamespace(host: string): Promise<void> {
  await command("ip", ["link", "delete", interfaceOf(host)]);
  await command("ip", ["netns", "delete", namespaceOf(host)]);
}

/** Connects or disconnects a host. Open connections are not closed; they receive nothing any more. */
export async function setLink(host: string, state: "up" | "down"): Promise<void> {
  await must("ip", "link", "set", interfaceOf(host), state);
}
