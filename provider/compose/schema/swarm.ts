/** Rows of `swarm`: the cluster, its nodes, and what runs on it. */
import { isMapping, mappingOf } from "../tree/tree.js";
import {
  type DecodedRecord,
  eitherSchema,
  type Fields,
  flag,
  list,
  nothing,
  oneOf,
  record,
  type Shape,
  text,
  whole,
} from "./shape.js";
import { seconds } from "./values.js";

const roles = ["manager", "worker"] as const;

export const nodeSwarm = record({
  doc: "manager or worker of the swarm of the file",
  short: { type: "string", enum: roles },
  required: ["role"],
  fields: {
    role: oneOf(roles, { doc: "manager or worker" }),
    availability: oneOf(["active", "pause", "drain"], {
      doc: "active; pause: no new tasks; drain: its tasks move to other nodes",
    }),
    advertise: text({ doc: "Address or interface by which the other nodes reach it" }),
    data_path: text({ doc: "Address or interface for the traffic of containers" }),
  },
  long: (value, at) => (typeof value === "string" ? mappingOf({ role: value }, at.place) : value),
});

const counter = (doc: string) => whole({ doc, unsigned: true, zero: true });

const settings = {
  task_history: whole({
    doc: "Number of earlier tasks that the swarm keeps for each task",
    unsigned: true,
    zero: true,
  }),
  autolock: flag({ doc: "A restarted manager needs the unlock key" }),
  rotate: record({
    doc: "Each number rotates a key or token when it is raised",
    fields: {
      worker_token: counter("Token by which workers join"),
      manager_token: counter("Token by which managers join"),
      unlock_key: counter("Key of locked managers"),
      ca: counter("Root certificate of the nodes"),
    },
  }),
  init: record({
    doc: "Fixed when the swarm is formed",
    fields: {
      address_pool: list(text(), { doc: "Address pools of overlay networks, in CIDR form" }),
      subnet_size: whole({ doc: "Prefix length of each network in the pools", unsigned: true }),
      data_path_port: whole({ doc: "UDP port for the traffic of containers", unsigned: true }),
    },
  }),
} satisfies Fields;

const options = {
  timeout: seconds("Time limit for a deployment to converge; default 5m"),
  monitor: seconds("How long a new task must run until it counts as stable; default 5s"),
  attempts: whole({
    doc: "Failures of one replica after which the deployment fails; default 3",
    unsigned: true,
  }),
  redeploy: text({ doc: "Any text; a changed one restarts all tasks, one batch after another" }),
} satisfies Fields;

/** The cluster. */
export const projectSwarm = switchable(
  settings,
  "Services run on the swarm of the file's hosts, unless they say swarm: false",
);

/** A service that runs on it. */
export const serviceSwarm = switchable(
  options,
  "Whether it runs on the swarm, and how its deployment is monitored",
);

/** `true` is a mapping without entries. */
function switchable<Rows extends Fields>(
  fields: Rows,
  doc: string,
): Shape<false | DecodedRecord<Rows, never>> {
  const mapping = record({ fields });
  const { schema, cast, decode } = flag();
  return {
    ...mapping,
    doc,
    schema: eitherSchema(schema, mapping.schema),
    merge: "switch",
    ...(cast && { cast }),
    long: (value, at) => (value === true ? mappingOf({}, at.place) : value),
    decode: (value, at) => {
      if (isMapping(value)) return mapping.decode(value, at);
      return decode(value, at) === false ? false : undefined;
    },
    omit: nothing,
  };
}
