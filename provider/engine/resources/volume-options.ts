import type { Volume } from "../../compose/types.js";
import { composeVersion, label } from "../../model/labels.js";
import { type Body, field, land, notForTheEngine, type Table } from "../../model/tables/table.js";

/**
 * Returns the body that creates a volume, as docker compose writes it; `labels` are those that depend on more than the
 * file (config-hash, stack).
 */
export function volumeCreate(
  project: string,
  key: string,
  volume: Volume,
  labels: Record<string, string>,
): Body {
  const body: Body = {};
  land(places, volume, body);
  body.Labels = {
    ...volume.labels,
    [label.volume]: key,
    [label.project]: project,
    [label.version]: composeVersion,
    ...labels,
  };
  return body;
}

const places: Table<Volume, Body> = {
  name: field("Name"),
  driver: field("Driver"),
  driver_opts: field("DriverOpts"),
  external: notForTheEngine("not part of the project: looked up, never created"),
  labels: notForTheEngine("lands under docker compose's own"),
};
