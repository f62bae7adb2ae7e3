import assert from "node:assert/strict";
import { it } from "node:test";
import { printPlacement } from "../../../provider/model/placement/print.js";
import { place } from "../../../provider/model/placement/place.js";
import { shown } from "../../support/docs/pages.js";
import { loaded } from "../../support/model/project.js";

const compose = `
hosts: { a: { address: "ssh://a", labels: { disk: ssd } }, b: ssh://b, c: ssh://c }
services:
  agent: { image: x, deploy: { mode: global } }
  cache: { image: x, host: b }
  db: { image: x, deploy: { placement: { constraints: [node.labels.disk == ssd] } } }
  debug: { image: x, network_mode: "service:web" }
  web: { image: x, host: [a, b], deploy: { replicas: 4 } }
`;

it("docs/placement.md shows what `show --placement` prints", async () => {
  const project = await loaded(compose);
  assert.equal(`${printPlacement(project, place(project))}\n`, shown("docs/placement.md", "agent "));
});
