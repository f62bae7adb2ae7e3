import assert from "node:assert/strict";
import { test } from "node:test";
import { service as serviceShape, serviceRows } from "../../../provider/compose/schema/service.js";
import type { Project, Service } from "../../../provider/compose/types.js";
import { goJson } from "../../../provider/model/reconcile/config-hash.js";
import { K2Error } from "../../../provider/shared/errors.js";
import {
  type AttributeGolden,
  attributeNames,
  golden,
  loadRecorded,
  recordedFolder,
  recordedVersions,
} from "../../support/docker-compose/attributes.js";
import { comparable, type RecordedCreate } from "../../support/docker-compose/create-body.js";
import {
  type Config,
  ourContainer,
  ourNetworks,
  ourVolumes,
  replicas,
  type Surroundings,
} from "../../support/docker-compose/our-creates.js";
import { recordedId, recordedImage } from "../../support/docker-compose/recording-engine.js";

/** Attributes that docker compose does not have, or ignores. */
const withoutFixture: Record<string, string> = {
  host: "k2's own",
  s_depends_on: "k2's own",
  health_check: "k2's own",
  sync: "k2's own",
  distribute: "k2's own",
  pull_timeout: "k2's own",
  swarm: "k2's own",
  pull_refresh_after: "docker compose reads it and does not use it",
};

/** Attributes that docker compose ignores and k2-compose refuses. */
const refusedByUs: Record<string, (error: unknown) => boolean> = {
  credential_spec: (error) =>
    K2Error.is(error) && /services\.a\.credential_spec: not supported/.test(error.message),
};

type Recorded = AttributeGolden["creates"][string];

test("every attribute of a service has a fixture", () => {
  const fixtures = new Set(attributeNames());
  const missing = Object.entries(serviceRows).filter(
    ([name, { refused }]) => refused === undefined && !fixtures.has(name) && !(name in withoutFixture),
  );
  assert.deepEqual(
    missing.map(([name]) => name),
    [],
  );
});

for (const name of attributeNames()) {
  test(`${name}: project and requests are docker compose's`, async () => {
    const { config, creates } = golden(name);
    const refusal = refusedByUs[name];
    if (refusal) return assert.rejects(loadRecorded(name), refusal);
    const project = await loadRecorded(name);
    assert.deepEqual(printed(project), config);
    let recorded: Recorded = [];
    for (const version of recordedVersions) {
      const entry = creates[version] ?? "as before";
      if (entry !== "as before") recorded = entry;
      compare(project, version, recorded);
    }
  });
}

/** The project as `config --format json` prints it. */
function printed({ name, services, networks, volumes, configs, secrets }: Project): unknown {
  const parts = Object.entries({ networks, volumes, configs, secrets }).filter(
    ([, part]) => Object.keys(part).length > 0,
  );
  const service = (definition: Service) => JSON.parse(goJson(definition, serviceShape)) as unknown;
  const printed = Object.entries(services).map(([key, definition]) => [key, service(definition)] as const);
  return { name, services: Object.fromEntries(printed), ...Object.fromEntries(parts) };
}

function compare(project: Project, apiVersion: string, recorded: Recorded): void {
  const surroundings: Surroundings = {
    apiVersion,
    directory: recordedFolder,
    idOf: recordedId,
    imageIdOf: () => recordedImage,
  };
  if (Array.isArray(recorded)) {
    assert.deepEqual(ourCreates(project, surroundings), sorted(recorded), `API ${apiVersion}`);
  } else {
    const { refused } = recorded as { refused: string };
    assert.throws(() => ourCreates(project, surroundings), { message: refused });
  }
}

function ourCreates(config: Config, surroundings: Surroundings): RecordedCreate[] {
  const containers = Object.keys(config.services).flatMap((service) =>
    replicas(config, service).flatMap((container) => {
      const { query, body, connect } = ourContainer(config, service, container, surroundings);
      const attach = connect.map(({ network, body }) =>
        call(`/networks/${network}/connect`, { Container: recordedId(container), ...body }),
      );
      // docker compose sets the MAC address only in endpoints, which engines before API 1.44 ignore.
      delete body.MacAddress;
      return [call("/containers/create", body, { ...query }), ...attach];
    }),
  );
  const networks = ourNetworks(config).map((body) => call("/networks/create", body));
  const volumes = ourVolumes(config).map((body) => call("/volumes/create", body));
  return sorted([...networks, ...volumes, ...containers]);
}

function call(path: string, body: unknown, query: Record<string, string> = {}): RecordedCreate {
  return { path, query, body: comparable(JSON.parse(JSON.stringify(body))) };
}

function sorted(creates: RecordedCreate[]): RecordedCreate[] {
  const order = ({ path, query, body }: RecordedCreate) => JSON.stringify([path, query.name, body]);
  return creates.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
