import { after, before, test } from "node:test";
import { composeMissing } from "../support/compose-oracle.js";
import { startTwin, type Twin } from "../support/twin.js";

/** Those that an engine does most about. All others: unit tests against recorded requests, and test/long. */
const names = [
  "command",
  "configs",
  "deploy",
  "depends_on",
  "healthcheck",
  "links",
  "network_mode",
  "networks",
  "ports",
  "secrets",
  "top.networks",
  "top.volumes",
  "volumes",
  "volumes_from",
];

const skip = composeMissing() ?? false;
let twin: Twin;

before(async () => {
  if (!skip) twin = await startTwin({ start: false });
});
after(async () => {
  if (!skip) await twin.close();
});

for (const name of names) {
  test(`${name}: the engine holds the same as after docker compose create`, { skip }, () =>
    twin.compare(name),
  );
}
