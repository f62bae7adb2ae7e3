/** Replacement of containers: `deploy.update_config`, and `rollback_config` for rollbacks. */
import { parseDuration } from "../../compose/values/duration.js";
import type { UpdateConfig } from "../../compose/types.js";
import type { ServiceInputs } from "../kinds.js";

const failureActions = ["pause", "continue", "rollback"] as const;

export interface Rolling {
  order: "start-first" | "stop-first";
  /** Containers per batch. */
  parallelism: number;
  /** Milliseconds between one batch and the next. */
  delay: number;
  /** Milliseconds during which a replacement without a healthcheck is watched for a crash. */
  monitor: number;
  onFailure: (typeof failureActions)[number];
  /** Share of replacements that may fail before `onFailure` applies. */
  maxFailureRatio: number;
}

/** If fewer replacements fail than `max_failure_ratio` allows, `onFailure` does not apply. */
export const tolerance = "tolerated by max_failure_ratio: the others were replaced, nothing is rolled back";

export function rollingOf(
  inputs: ServiceInputs,
  way: "update_config" | "rollback_config" = "update_config",
): Rolling {
  const policy = inputs.deploy?.[way];
  const written = policy ?? {};
  return {
    order: written.order ?? defaultOrder(inputs),
    parallelism: batchOf(written, inputs.replicas),
    delay: milliseconds(written.delay, 0),
    monitor: milliseconds(written.monitor, policy ? 5_000 : 1_000),
    onFailure: failureActions.find((action) => action === written.failure_action) ?? "pause",
    maxFailureRatio: written.max_failure_ratio ?? 0,
  };
}

/** 0 means all at once; the default is 1. */
function batchOf({ parallelism = 1 }: UpdateConfig, replicas: number): number {
  return parallelism === 0 ? Math.max(1, replicas) : parallelism;
}

/** Start-first needs two containers at once: excluded by a fixed port, a static address or a single-writer volume. */
function defaultOrder(inputs: ServiceInputs): Rolling["order"] {
  const fixedPort = (inputs.ports ?? []).some(
    ({ published }) => published !== undefined && published !== "0",
  );
  const ownAddress = Object.values(inputs.networks ?? {}).some(
    (network) => network?.ipv4_address ?? network?.ipv6_address,
  );
  const oneWriter = inputs.replicas === 1 && (inputs.volumes ?? []).some(({ read_only }) => !read_only);
  const hostsStack = inputs.network_mode !== undefined && inputs.network_mode !== "none";
  return fixedPort || ownAddress || oneWriter || hostsStack ? "stop-first" : "start-first";
}

function milliseconds(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : Number(parseDuration(text)) / 1e6;
}
