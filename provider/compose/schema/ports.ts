/** Row of a service's `ports`. */
import { isIP } from "node:net";
import { parsePort } from "../values/port-syntax.js";
import type { At } from "../tree/problems.js";
import { isList, isMapping, mappingOf, placeOf, setPlace, type List } from "../tree/tree.js";
import { eitherSchema, list, record, text, whole } from "./shape.js";

const port = record({
  present: ["target"],
  fields: {
    name: text({ doc: "Descriptive name", noEffect: "for readers of the file" }),
    mode: text({
      doc: "ingress or host",
      noEffect: "containers outside a swarm publish ports of their host",
    }),
    host_ip: text({
      doc: "Address on the host to bind to",
      schema: { type: "string", examples: ["127.0.0.1"] },
    }),
    target: whole({ doc: "Port in the container", unsigned: true }),
    published: text({ doc: "Port, or range, on the host", schema: { type: ["string", "integer"] } }),
    protocol: text({ doc: "tcp, udp or sctp" }),
    app_protocol: text({
      doc: "Application protocol: http, redis, …",
      noEffect: "for readers of the file",
    }),
  },
  fill: (value) => {
    value.protocol ??= "tcp";
    value.mode ??= "ingress";
  },
  check: (value, at) => {
    if (!isMapping(value)) return;
    if (value.target === undefined) at.fail("needs a target, the port in the container");
    if (typeof value.host_ip === "string" && isIP(value.host_ip) === 0) {
      at.child(value, "host_ip").fail(`"${value.host_ip}" is not an IP address`);
    }
  },
});

export const ports = list(port, {
  doc: "Ports that the host publishes",
  schema: {
    type: "array",
    items: eitherSchema(
      { type: ["number", "string"], examples: ["8080:80", "127.0.0.1:8080:80/udp"] },
      port.schema,
    ),
    uniqueItems: true,
  },
  // Converts the whole list, because one short entry can be several ports.
  long: (value, at) => {
    if (!isList(value)) return value;
    const result: List = [];
    for (const [index, entry] of value.entries()) {
      for (const one of longPorts(entry, at.child(value, index))) {
        result.push(one);
        setPlace(result, result.length - 1, placeOf(value, index));
      }
    }
    return result;
  },
  index: (entry) => {
    if (!isMapping(entry)) return String(entry);
    const published =
      typeof entry.published === "number" ? `number ${entry.published}` : String(entry.published);
    return `${String(entry.host_ip ?? "0.0.0.0")}:${published}:${String(entry.target)}/${String(entry.protocol ?? "tcp")}`;
  },
});

function longPorts(entry: unknown, at: At): List {
  if (isMapping(entry)) return [entry];
  if (typeof entry === "number" && at.place?.float === true) {
    at.fail(`${entry} is not a port`);
    return [];
  }
  const parsed = parsePort(String(entry));
  if (typeof parsed === "string") {
    at.fail(`"${String(entry)}": ${parsed}; a port looks like 8080:80 or 127.0.0.1:8080:80/udp`);
    return [];
  }
  at.count(parsed.length - 1);
  return parsed.map((one) => mappingOf({ ...one }, at.place));
}
