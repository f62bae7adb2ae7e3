import assert from "node:assert/strict";
import { test } from "node:test";
import { places } from "../../provider/engine/container-options.js";
import { label } from "../../provider/model/labels.js";
import { type AttributeGolden, attributeNames, golden, recordedVersions } from "../support/attributes.js";
import { comparable, type RecordedCreate } from "../support/create-body.js";
import {
  type Config,
  ourContainer,
  ourNetworks,
  ourVolumes,
  replicas,
  type Surroundings,
} from "../support/our-creates.js";
import { recordedId, recordedImage } from "../support/recording-engine.js";

/** Attributes that no file of docker compose's can hold. */
const withoutFixture: Record<string, string> = {
  host: "k2's own",
  s_depends_on: "k2's own",
  health_check: "k2's own",
  volume_driver: "docker compose's schema refuses it",
};

type Recorded = AttributeGolden["creates"][string];

test("every attribute of a service has a fixture", () => {
  const fixtures = new Set(attributeNames());
  const missing = Object.keys(places).filter((name) => !fixtures.has(name) && !(name in withoutFixture));
  assert.deepEqual(missing, []);
});

for (const name of attributeNames()) {
  test(`${name}: our requests are docker compose's`, () => {
    const { config, creates } = golden(name);
    let recorded: Recorded = [];
    for (const version of recordedVersions) {
      const entry = creates[version] ?? "as before";
      if (entry !== "as before") recorded = entry;
      compare(config, version, recorded);
    }
  });
}

function compare(config: Config, apiVersion: string, recorded: Recorded): void {
  const requests = Array.isArray(recorded) ? recorded : [];
  const surroundings: Surroundings = {
    apiVersion,
    directory: "/srv/fixture",
    idOf: recordedId,
    // Hashes are compared elsewhere.
    hashOf: (name) => labelsOf(requests, name)[label.configHash] ?? "",
    imageIdOf: () => recordedImage,
  };
  if (Array.isArray(recorded)) {
    assert.deepEqual(ourCreates(config, surroundings), sorted(recorded), `API ${apiVersion}`);
  } else {
    const { refused } = recorded as { refused: string };
    assert.throws(() => ourCreates(config, surroundings), { message: refused });
  }
}

function ourCreates(config: Config, surroundings: Surroundings): RecordedCreate[] {
  const containers = Object.keys(config.services).flatMap((service) =>
    replicas(config, service).flatMap((container) => {
      const { query, body, connect } = ourContainer(config, service, container, surroundings);
      const attach = connect.map(({ network, body }) =>
        call(`/networks/${network}/connect`, { Container: recordedId(container), ...body }),
      );
      return [call("/containers/create", body, { ...query }), ...attach];
    }),
  );
  const networks = ourNetworks(config, surroundings).map((body) => call("/networks/create", body));
  const volumes = ourVolumes(config, surroundings).map((body) => call("/volumes/create", body));
  return sorted([...networks, ...volumes, ...containers]);
}

function call(path: string, body: unknown, query: Record<string, string> = {}): RecordedCreate {
  return { path, query, body: comparable(JSON.parse(JSON.stringify(body))) };
}

function sorted(creates: RecordedCreate[]): RecordedCreate[] {
  const order = ({ path, query, body }: RecordedCreate) => JSON.stringify([path, query.name, body]);
  return creates.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function labelsOf(requests: RecordedCreate[], name: string): Record<string, string> {
  const nameOf = ({ query, body }: RecordedCreate) => query.name ?? (body as { Name?: string }).Name;
  const found = requests.find((request) => nameOf(request) === name);
  return (found?.body as { Labels?: Record<string, string> } | undefined)?.Labels ?? {};
}
