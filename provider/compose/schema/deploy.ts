/** Rows of `deploy`. */
import { list, oneOf, record, text, whole } from "./shape.js";
import { byteSize, duration, pairList, real } from "./values.js";
import { deviceReservations } from "./limits.js";

const update = (doc: string) =>
  record({
    doc,
    fields: {
      parallelism: whole({ doc: "How many at a time; 0 = all", unsigned: true, zero: true }),
      delay: duration({ doc: "Pause between them", zero: false }),
      failure_action: text({ doc: "continue, pause or rollback" }),
      monitor: duration({ doc: "How long a new one must stay up", zero: false }),
      max_failure_ratio: real({ doc: "Share of failures that is borne" }),
      order: oneOf(["start-first", "stop-first"], { doc: "New one first or old one first" }),
    },
  });

const limits = record({
  doc: "What may be used at most",
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
    value: whole({ doc: "How much", schema: { type: ["number", "string"] }, zero: true, absent: 0 }),
  },
});

const reservations = record({
  doc: "What is kept free for it",
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
        doc: "Resources of the user's own",
      },
    ),
  },
});

export const deploy = record({
  doc: "Replicas, placement, limits, updates",
  nullable: true,
  fields: {
    mode: text({ doc: "replicated or global" }),
    replicas: whole({ doc: "How many containers", zero: true }),
    labels: pairList({ doc: "Labels of the service, not of its containers" }),
    update_config: update("How an update goes about"),
    rollback_config: update("How going back goes about"),
    resources: record({ doc: "Limits and reservations", fields: { limits, reservations }, absent: {} }),
    restart_policy: record({
      doc: "When to restart; wins over restart",
      fields: {
        condition: text({ doc: "none, on-failure or any" }),
        delay: duration({ doc: "Pause between attempts" }),
        max_attempts: whole({ doc: "How often", unsigned: true, zero: true }),
        window: duration({ doc: "How long to wait before judging" }),
      },
    }),
    placement: record({
      doc: "On which hosts",
      absent: {},
      fields: {
        constraints: list(text(), { doc: "node.hostname==…, node.labels.x==…" }),
        preferences: list(
          record({ fields: { spread: text({ doc: "Label to spread over" }) }, present: ["spread"] }),
          {
            doc: "Spread",
          },
        ),
        max_replicas_per_node: whole({ doc: "Most replicas on one host", unsigned: true }),
      },
    }),
    endpoint_mode: text({ doc: "vip or dnsrr" }),
  },
});
