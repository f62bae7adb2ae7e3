/** Rows of top-level networks, volumes, configs and secrets. */
import { isMapping } from "../tree/tree.js";
import type { At } from "../tree/problems.js";
import { anything, flag, keyed, list, maybeFlag, record, text, type Fields, type Shape } from "./shape.js";
import { options, pairList } from "./values.js";

const notExternal = record({ fields: { name: text({ doc: "Use name beside external instead" }) } }).schema;

function external(doc: string): Shape<boolean> {
  return flag({ doc, schema: { anyOf: [{ type: ["boolean", "string"] }, notExternal] } });
}

/** Converts `external: {name: x}` of earlier formats to `external: true` and `name: x`. */
function longExternal(value: unknown, at: At): unknown {
  if (!isMapping(value) || !isMapping(value.external)) return value;
  const { name } = value.external;
  value.external = true;
  if (typeof name !== "string") return value;
  at.child(value, "external").warn("external.name is deprecated; write name beside external: true");
  if (value.name !== undefined && value.name !== name)
    at.fail("name and external.name differ; keep only name");
  value.name ??= name;
  return value;
}

const driverOptions = options(["string", "number"], { doc: "Options for the driver" });

const pool = record({
  fields: {
    subnet: text({ doc: "Subnet in CIDR form" }),
    gateway: text({ doc: "Gateway" }),
    ip_range: text({ doc: "Part of the subnet that containers get addresses from" }),
    aux_addresses: options(["string"], { doc: "Addresses in use by other devices: name: address" }),
  },
});

export const network = record({
  present: ["name", "ipam"],
  nullable: true,
  long: longExternal,
  fields: {
    name: text({ doc: "Name on the engine" }),
    driver: text({ doc: "Driver" }),
    driver_opts: driverOptions,
    ipam: record({
      doc: "Addresses",
      absent: {},
      fields: {
        driver: text({ doc: "IPAM driver" }),
        config: list(pool, { doc: "Pools", merge: "ipam" }),
        options: options(["string"], { doc: "Options for the IPAM driver" }),
      },
    }),
    external: external("It exists already, and is neither created nor removed"),
    internal: flag({ doc: "No access to external networks" }),
    attachable: flag({ doc: "Other containers may join" }),
    labels: pairList({ doc: "Labels" }),
    enable_ipv4: maybeFlag({ doc: "IPv4" }),
    enable_ipv6: maybeFlag({ doc: "IPv6" }),
  },
});

export const volume = record({
  present: ["name"],
  nullable: true,
  path: "volume",
  long: longExternal,
  fields: {
    name: text({ doc: "Name on the engine" }),
    driver: text({ doc: "Driver" }),
    driver_opts: driverOptions,
    external: external("It exists already, and is neither created nor removed"),
    // Duplicate volume labels are allowed: docker compose keeps the last one.
    labels: pairList({ doc: "Labels" }),
  },
  check: (value, at) => {
    if (!isMapping(value) || value.external !== true) return;
    for (const key of Object.keys(value)) {
      if (key === "name" || key === "external" || key.startsWith("x-")) continue;
      at.child(value, key).failAtKey("cannot be set for a volume that is external");
    }
  },
});

const swarmOnly =
  "only a Swarm manager's own store has drivers for configs and secrets; give file, environment or content";

const ofSwarms = "only the configs and secrets of a swarm have one";

function fileObject<Sources extends Fields, More extends Fields>(sources: Sources, more: More) {
  const names = Object.keys(sources);
  return record({
    present: ["name"],
    long: longExternal,
    fields: {
      name: text({ doc: "Name", noEffect: ofSwarms }),
      ...sources,
      external: external("It exists already"),
      labels: pairList({ doc: "Labels", noEffect: ofSwarms }),
      ...more,
      template_driver: anything({ doc: "Template driver", refused: swarmOnly }),
    },
    check: (value, at) => {
      if (!isMapping(value)) return;
      const given = names.filter((name) => value[name] !== undefined);
      if (given.length > 1) at.fail(`${given.join(" and ")} exclude each other`);
      if (given.length === 0 && value.external === undefined) at.fail(`needs one of ${names.join(", ")}`);
    },
  });
}

const sources = {
  file: text({ doc: "Path of a file with the content", path: "unix" }),
  environment: text({ doc: "Environment variable with the content" }),
};

export const config = fileObject({ ...sources, content: text({ doc: "The content itself" }) }, {});
export const secret = fileObject(sources, {
  driver: anything({ doc: "Secret driver", refused: swarmOnly }),
  driver_opts: anything({ doc: "Driver options", refused: swarmOnly }),
});

/** An element without attributes is decoded as one with a name only. */
const orEmpty = <Value>(entry: Shape<Value>): Shape<Value> => ({
  ...entry,
  decode: (value, at) => entry.decode(value ?? {}, at),
});

export const named = <Value>(entry: Shape<Value>, doc: string, keys?: string) =>
  keyed(orEmpty(entry), { doc, ...(keys === undefined ? {} : { keys }) });
