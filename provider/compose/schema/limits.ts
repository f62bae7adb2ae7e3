/** Rows of devices and limits: ulimits, devices, gpus, blkio_config. */
import { isMapping, mappingOf } from "../tree/tree.js";
import type { At } from "../tree/problems.js";
import {
  eitherSchema,
  keyed,
  list,
  nothing,
  record,
  text,
  texts,
  whole,
  type Decoded,
  type Rest,
  type Shape,
} from "./shape.js";
import { byteSize, pairList } from "./values.js";

const limit = whole();
const bounds = record({
  fields: {
    soft: whole({ doc: "Enforced limit", zero: true }),
    hard: whole({ doc: "Highest value that a process may raise the limit to", zero: true }),
  },
  required: ["soft", "hard"],
});

const exactLimit = whole({ schema: { type: "integer" }, cast: undefined, zero: true });
const exactBounds = record({
  fields: {
    soft: { ...exactLimit, doc: "Enforced limit" },
    hard: { ...exactLimit, doc: "Highest value that a process may raise the limit to" },
  },
  required: ["soft", "hard"],
});

/** `numbers`: only numbers are allowed, not text that contains one, as in builds. */
export function ulimits(doc: string, { numbers = false } = {}) {
  const [one, both] = numbers ? [exactLimit, exactBounds] : [limit, bounds];
  const entry: Shape<number | Decoded<typeof bounds>> = {
    schema: eitherSchema(one.schema, both.schema),
    cast: one.cast,
    fields: both.fields,
    merge: "ulimit",
    decode: (value, at) => (isMapping(value) ? both.decode(value, at) : one.decode(value, at)),
    // docker compose's JSON omits zeros, even if the limit is 0.
    lossy: (value) => {
      if (value === 0) return {};
      return isMapping(value)
        ? Object.fromEntries(Object.entries(value).filter(([, bound]) => bound !== 0))
        : value;
    },
    omit: nothing,
  };
  return keyed(entry, { doc });
}

export const devices = list(
  record({
    short: { type: "string" },
    required: ["source"],
    fields: {
      source: text({ doc: "Device on the host, or a CDI name" }),
      target: text({ doc: "Device in the container" }),
      permissions: text({ doc: "r, w, m" }),
    },
    long: longDevice,
    check: (value, at) => {
      if (isMapping(value) && typeof value.target !== "string") at.fail("needs a target");
    },
  }),
  {
    doc: "Devices of the host",
    index: (entry) => {
      if (isMapping(entry)) return String(entry.target);
      const [source = "", target] = String(entry).split(":");
      return target ?? source;
    },
  },
);

function longDevice(value: unknown, at: At): unknown {
  if (typeof value !== "string") return value;
  const [source = "", target = "", permissions = "rwm", ...rest] = value.split(":");
  if (rest.length > 0)
    at.fail(`"${value}" has too many colons; write source, target and permissions as a mapping`);
  return mappingOf({ source, target: target === "" ? source : target, permissions }, at.place);
}

const count: Shape<number> = {
  doc: "Number of devices, or all",
  schema: { type: ["string", "integer"], examples: ["all"] },
  decode: (value, at) => {
    if (typeof value === "number") return value;
    if (String(value).toLowerCase() === "all") return -1;
    return /^[-+]?\d+$/.test(String(value))
      ? Number(value)
      : at.fail(`"${String(value)}" is neither a number nor "all"`);
  },
  omit: (value) => nothing(value) || value === 0,
};

const requestFields = {
  capabilities: texts({ doc: "Capabilities that the device must have" }),
  driver: text({ doc: "Driver" }),
  count,
  device_ids: texts({ doc: "IDs of the devices" }),
  options: pairList({ doc: "Options for the driver" }),
};

const requestRules: Rest = {
  fill: (value) => {
    if (value.count === undefined && value.device_ids === undefined) value.count = "all";
  },
  check: (value, at) => {
    if (isMapping(value) && value.count !== undefined && value.device_ids !== undefined) {
      at.fail('"count" and "device_ids" exclude each other');
    }
  },
};

export const deviceReservations = list(
  record({ fields: requestFields, required: ["capabilities"], ...requestRules }),
  {
    doc: "Devices such as GPUs",
  },
);

const gpuList = list(record({ fields: requestFields, open: true, ...requestRules }));
export const gpus: typeof gpuList = {
  ...gpuList,
  doc: "GPUs: all, or a list of requests",
  schema: eitherSchema({ type: "string", enum: ["all"] }, gpuList.schema),
  long: (value, at) => (value === "all" ? [mappingOf({ count: "all" }, at.place)] : value),
};

const rate = byteSize(["integer", "string"], {
  doc: "Per second",
  spelled: "Rate",
  omit: nothing,
  absent: "0",
});
const path = text({ doc: "Device", spelled: "Path", omit: nothing, absent: "" });

function withoutExtensions<Value>(shape: Shape<Value>): Shape<Value> {
  return { ...shape, schema: { ...shape.schema, patternProperties: {} } };
}

const rates = (doc: string) =>
  list(withoutExtensions(record({ fields: { path, rate }, present: ["path", "rate"] })), { doc });

const weight = whole({
  doc: "Weight, 10 to 1000",
  schema: { type: "integer" },
  cast: undefined,
  unsigned: true,
});

const weighted = withoutExtensions(
  record({
    fields: { path, weight: { ...weight, spelled: "Weight", omit: nothing, absent: 0 } },
    present: ["path", "weight"],
  }),
);

export const blkioConfig = record({
  doc: "Limits of block devices",
  fields: {
    weight,
    weight_device: list(weighted, { doc: "Weight of each device" }),
    device_read_bps: rates("Bytes read a second"),
    device_read_iops: rates("Reads a second"),
    device_write_bps: rates("Bytes written a second"),
    device_write_iops: rates("Writes a second"),
  },
});
