/** The short syntax of ports: [ip:][published:]target[/protocol], each a number or a range. */
import { isIP } from "node:net";

interface ShortPort {
  mode: "ingress";
  host_ip?: string;
  target: number;
  published?: string;
  protocol: string;
}

/** Returns one entry per container port, or the reason why the text is invalid. */
export function parsePort(text: string): ShortPort[] | string {
  const parts = text.split(":");
  const [container = "", protocolText = "tcp"] = splitOnce(parts.pop() ?? "", "/");
  const published = parts.pop() ?? "";
  if (container === "") return "no container port";
  const protocol = (protocolText === "" ? "tcp" : protocolText).toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(protocol))
    return `unknown protocol "${protocolText}" (tcp, udp, sctp)`;
  const ip = parts.join(":").replace(/^\[(.*)\]$/, "$1");
  if (ip !== "" && isIP(ip) === 0) return `"${ip}" is not an IP address`;
  const targets = parseRange(container);
  if (typeof targets === "string") return `container port ${targets}`;
  const hosts = published === "" ? undefined : parseRange(published);
  if (typeof hosts === "string") return `published port ${hosts}`;
  return expand(targets, hosts, ip, protocol) ?? `the ranges ${published} and ${container} differ in length`;
}

function expand(
  targets: [number, number],
  hosts: [number, number] | undefined,
  ip: string,
  protocol: string,
): ShortPort[] | undefined {
  const [first, last] = targets;
  const count = last - first + 1;
  if (hosts !== undefined && count > 1 && hosts[1] - hosts[0] + 1 !== count) return undefined;
  const ports = Array.from({ length: count }, (_, offset): ShortPort => {
    const port: ShortPort = { mode: "ingress", target: first + offset, protocol };
    if (ip !== "") port.host_ip = ip;
    if (hosts !== undefined) {
      // One container port for a range of host ports: the engine selects one of them.
      const pick = count === 1 && hosts[0] !== hosts[1];
      port.published = pick ? `${hosts[0]}-${hosts[1]}` : String(hosts[0] + offset);
    }
    return port;
  });
  // docker compose sorts them as text: 10 before 8. The order is part of the configuration's hash.
  return ports.sort((a, b) => (`${a.target}/` < `${b.target}/` ? -1 : 1));
}

function parseRange(text: string): [number, number] | string {
  const [from = "", to] = splitOnce(text, "-");
  const first = parseNumber(from);
  const last = to === undefined ? first : parseNumber(to);
  if (first === undefined || last === undefined) return `"${text}" is not a port between 0 and 65535`;
  return last < first ? `range "${text}" ends before it starts` : [first, last];
}

function parseNumber(text: string): number | undefined {
  if (!/^\+?\d+$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const cut = text.indexOf(separator);
  return cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1)];
}
