/** k2-compose's own attributes, written with the prefix x-. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";

const loadText = (text: string) =>
  load({ cwd: "/project", env: {}, files: ["compose.yaml"], read: () => text });

it("takes underscores and dashes", async () => {
  const texts = ["", "x-", "x-"].map((prefix, index) => {
    const spell = (name: string) => prefix + (index === 2 ? name.replaceAll("_", "-") : name);
    return `
${spell("s_extra_hosts")}: { db: 10.0.0.9 }
services:
  web:
    image: web
    ${spell("s_depends_on")}: [db]
    ${spell("health_check")}: { http: localhost }
  db: { image: db }
`;
  });
  const [own, ...prefixed] = await Promise.all(texts.map(loadText));
  for (const { services, warnings } of prefixed) {
    assert.deepEqual(services, own?.services);
    assert.deepEqual(warnings, []);
  }
});

it("warns about a typing error, and not about other extensions", async () => {
  const { warnings } = await loadText(`
x-host: { a: 10.0.0.1 }
x-healthcheck: &check { test: "true" }
x-logging: {}
services:
  web: { image: web, x-depend-on: [db], x-healthcheck: {}, x-own: 1, healthcheck: *check }
`);
  const lines = warnings.map(({ at, message }) => `${at?.line}: ${message}`);
  assert.deepEqual(lines.sort(), [
    '2: x-host: is ignored; did you mean "x-hosts"?',
    '6: services.web.x-depend-on: is ignored; did you mean "x-depends-on"?',
    '6: services.web.x-healthcheck: is ignored; did you mean "x-health_check"?',
  ]);
});
