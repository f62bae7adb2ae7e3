import { after, before, test } from "node:test";
import { attributeNames } from "../support/attributes.js";
import { composeMissing } from "../support/compose-oracle.js";
import { startTwin, type Twin } from "../support/twin.js";

const skip = composeMissing() ?? false;
let twin: Twin;

before(async () => {
  if (!skip) twin = await startTwin({ start: false });
});
after(async () => {
  if (!skip) await twin.close();
});

for (const name of attributeNames()) {
  test(`${name}: the engine holds the same as after docker compose create`, { skip }, () =>
    twin.compare(name),
  );
}
