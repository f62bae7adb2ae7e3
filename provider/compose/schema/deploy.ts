/** Rows of `deploy`. */
import { list, oneOf, record, text, whole } from "./shape.js";
import { byteSize, duration, pairList, real } from "./values.js";
import { deviceReservations } from "./limits.js";

const swarmOnly = "an attribute of swarm services";

const engineDecides = "the engine chooses the pause between restarts";

const update = (doc: string) =>
  record({
    doc,
    fields: {
      parallelism: whole({ doc: "Number of containers at a time; 0 = all", unsigned: true, zero: true }),
      delay: duration({ doc: "Pause between batches", zero: false }),
      failure_action: text({ doc: "continue, pause or rollback" }),
      monitor: duration({
        doc: "How long a new container must stay up; default 5s, 1s without this section",
        zero: false,
      }),
      max_failure_ratio: real({ doc: "Share of failures that is tolerated" }),
      order: oneOf(["start-first", "stop-first"], {
        doc: "Start the new container first, or stop the old one first",
      }),
    },
  });

const limits = record({
  doc: "Upper limits",
  fields: {
    cpus: real({ doc: "CPUs" }),
    memory: byteSize(["string"], { doc: "Memory" }),
    pids: whole({ doc: "Processes" }),
  },
});

const spec = record({
  present: ["kind", "value"],
  fields: {
    kind: text({ doc: "Kind of resource", omit: () => false, absent: "" }),
    value: whole({ doc: "Quantity", schema: { type: ["number", "string"] }, zero: true, absent: 0 }),
  },
});

const reservations = record({
  doc: "Reserved resources",
  fields: {
    cpus: real({ doc: "CPUs" }),
    memory: byteSize(["string"], { doc: "Memory" }),
    devices: deviceReservations,
    generic_resources: list(
      record({
        fields: { discrete_resource_spec: { ...spec, doc: "A countable resource" } },
        present: ["discrete_resource_spec"],
      }),
      {
        doc: "User-defined resources",
        noEffect: "only the scheduler of a swarm counts them",
      },
    ),
  },
});

export const deploy = record({
  doc: "Replicas, placement, limits, updates",
  nullable: true,
  fields: {
    mode: text({ doc: "replicated or global" }),
    replicas: whole({ doc: "Number of containers", zero: true }),
    labels: pairList({ doc: "Labels of the service, not of its containers", noEffect: swarmOnly }),
    update_config: update("How containers are updated"),
    rollback_config: update("How containers are rolled back"),
    resources: record({ doc: "Limits and reservations", fields: { limits, reservations }, absent: {} }),
    restart_policy: record({
      doc: "When to restart; wins over restart",
      fields: {
        condition: text({ doc: "none, on-failure or any" }),
        delay: duration({ doc: "Pause between attempts", noEffect: engineDecides }),
        max_attempts: whole({ doc: "Maximum number of attempts", unsigned: true, zero: true }),
        window: duration({
          doc: "How long a container must run until a restart counts as successful",
          noEffect: engineDecides,
        }),
      },
    }),
    placement: record({
      doc: "Rules for the choice of hosts",
      absent: {},
      fields: {
        constraints: list(text(), { doc: "node.hostname==…, node.labels.x==…" }),
        preferences: list(
          record({ fields: { spread: text({ doc: "Label to spread over" }) }, present: ["spread"] }),
          {
            doc: "Spread",
          },
        ),
        max_replicas_per_node: whole({ doc: "Maximum number of replicas on one host", unsigned: true }),
      },
    }),
    endpoint_mode: text({ doc: "vip or dnsrr", noEffect: swarmOnly }),
  },
});
