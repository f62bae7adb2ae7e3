/**
 * The `com.docker.compose.config-hash` label, byte for byte as docker compose v5.5.1 computes it: SHA-256 of the JSON
 * that Go prints for the configuration. Therefore both tools accept each other's containers.
 */
import { createHash } from "node:crypto";
import { compareBytes } from "../../compose/values/go-format.js";
import { network as networkShape, volume as volumeShape } from "../../compose/schema/resources.js";
import { service as serviceShape, withoutAttributesOf } from "../../compose/schema/service.js";
import type { Shape } from "../../compose/schema/shape.js";
import { isMapping } from "../../compose/tree/tree.js";
import type { Network, Service, Volume } from "../../compose/types.js";
import type { NetworkInputs } from "../kinds.js";

/** The caller has resolved `service:NAME` in namespaces and volumes_from to container ids. */
export function serviceHash(service: Service): string {
  const hashed = withoutAttributesOf(service, "plan", "order");
  if (service.deploy !== undefined) hashed.deploy = { ...service.deploy, replicas: undefined };
  return sha256(goJson(hashed, serviceShape));
}

export function networkHash(network: Network): string {
  return sha256(goJson(network, networkShape));
}

/** Without the attributes that k2-compose added. */
export function networkDefinition({ host, project, network, ...definition }: NetworkInputs) {
  return definition;
}

export function volumeHash(volume: Volume): string {
  return sha256(goJson({ ...volume, driver: volume.driver ?? "local" }, volumeShape));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Compact JSON as Go prints it: known keys in the order of the table, others sorted. */
export function goJson(given: unknown, shape?: Shape): string {
  const value = shape?.lossy === undefined ? given : shape.lossy(given);
  if (typeof value === "string") return goString(value);
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map((entry) => goJson(entry, shape?.entry)).join(",")}]`;
  if (!isMapping(value)) return JSON.stringify(value);
  const entries: string[] = [];
  for (const key of keysInOrder(value, shape)) {
    const entry = value[key];
    const inner = shape?.fields?.[key] ?? shape?.entry;
    if (entry !== undefined) entries.push(`${goString(inner?.spelled ?? key)}:${goJson(entry, inner)}`);
  }
  return `{${entries.join(",")}}`;
}

function keysInOrder(value: object, shape: Shape | undefined): string[] {
  if (shape?.fields === undefined) return Object.keys(value).sort(compareBytes);
  return Object.keys(shape.fields).filter((key) => Object.hasOwn(value, key));
}

/** Go escapes the characters that could end a script in HTML. */
function goString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
