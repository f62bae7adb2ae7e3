/** Our hashes must equal the labels that `docker compose create` wrote to containers, networks and volumes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import type { Service } from "../../../provider/compose/types.js";
import { networkHash, serviceHash, volumeHash } from "../../../provider/model/reconcile/config-hash.js";
import { fixtures, fixturesOf, loadOptionsOf } from "./fixtures.js";

interface Labels {
  /** Ids of the services' containers. */
  ids: Record<string, string>;
  services: Record<string, string>;
  networks: Record<string, string>;
  volumes: Record<string, string>;
}

const recorded = JSON.parse(readFileSync(path.join(fixtures, "labels.json"), "utf8")) as Record<
  string,
  Labels
>;

it(`hashes are the labels of ${Object.keys(recorded).length} projects on a real engine`, async () => {
  for (const fixture of fixturesOf("accepted")) {
    const labels = recorded[fixture.name];
    if (labels === undefined) continue;
    const project = await load(loadOptionsOf(fixture));
    const scaled = Object.entries(project.services).filter(([name]) => name in labels.services);
    const found = {
      services: Object.fromEntries(
        scaled.map(([name, service]) => [name, serviceHash(resolved(service, labels.ids))]),
      ),
      networks: hashes(project.networks, networkHash),
      volumes: hashes(project.volumes, volumeHash),
    };
    const { ids: _, ...expected } = labels;
    assert.deepEqual({ fixture: fixture.name, ...found }, { fixture: fixture.name, ...expected });
  }
});

function hashes<T extends { external?: boolean }>(
  section: Record<string, T>,
  hash: (value: T) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(section)
      .filter(([, { external }]) => external !== true)
      .map(([name, value]) => [name, hash(value)]),
  );
}

/** The hash contains the id of a container whose namespaces are shared. */
function resolved(service: Service, ids: Record<string, string>): Service {
  const container = (mode?: string): string | undefined =>
    mode?.startsWith("service:") === true ? `container:${ids[mode.slice(8)] ?? ""}` : mode;
  const result = { ...service };
  for (const key of ["network_mode", "ipc", "pid"] as const) {
    if (service[key] !== undefined) result[key] = container(service[key]);
  }
  return result;
}
