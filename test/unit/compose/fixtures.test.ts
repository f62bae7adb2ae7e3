/** Every fixture must load as docker compose v5.5.1 loads it, with the hashes that it writes to labels. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import type { Service } from "../../../provider/compose/types.js";
import { networkHash, serviceHash, volumeHash } from "../../../provider/model/reconcile/config-hash.js";
import { fixtures, goldenOf, fixturesOf, loadOptionsOf, printed } from "./fixtures.js";

/** What `docker compose create` wrote to containers, networks and volumes of a real engine. */
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
const accepted = fixturesOf("accepted");

describe(`${accepted.length} files that docker compose accepts`, () => {
  for (const fixture of accepted) {
    it(fixture.name, async () => {
      const project = await load(loadOptionsOf(fixture));
      const golden = goldenOf(fixture);
      const config = printed(project);
      assert.deepEqual(config, golden.config);
      for (const section of ["services", "networks", "volumes", "configs", "secrets"])
        assert.equal(textOf(config, section), textOf(golden.config, section), "the order of entries");
      assert.deepEqual(hashes(project.services, serviceHash), golden.hashes);
      if (!(fixture.name in recorded)) return;
      const { ids, ...labels } = recorded[fixture.name]!;
      const scaled = Object.entries(project.services).filter(([name]) => name in labels.services);
      assert.deepEqual(
        {
          services: hashes(Object.fromEntries(scaled), (service) => serviceHash(resolved(service, ids))),
          networks: hashes(managed(project.networks), networkHash),
          volumes: hashes(managed(project.volumes), volumeHash),
        },
        labels,
      );
    });
  }

  it("has labels of a real engine for its files", () => {
    const names = accepted.map(({ name }) => name);
    assert.deepEqual(
      Object.keys(recorded).filter((name) => !names.includes(name)),
      [],
    );
  });
});

function textOf(config: object, section: string): string | undefined {
  return JSON.stringify(Reflect.get(config, section));
}

function hashes<T>(section: Record<string, T>, hash: (value: T) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(section).map(([name, value]) => [name, hash(value)]));
}

function managed<T extends { external?: boolean }>(section: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(section).filter(([, { external }]) => external !== true));
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
