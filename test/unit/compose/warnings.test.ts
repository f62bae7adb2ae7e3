/** The warnings of a load, and the variables that its values contain. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded } from "../../support/model/project.js";

test("near misses of attributes, unset variables and plain tcp are warnings with their places", async () => {
  const { warnings } = await loaded(`x-host: {a: tcp://10.0.0.1:1}
hosts: {b: tcp://10.0.0.2:1}
services:
  web:
    image: "web:$TAG"
    x-hots: b
    environment: [A=$ONE, "B=\${TWO:-2}", C=$TAG]
    command: echo $ONE
`);
  assert.deepEqual(
    warnings.map(({ message, at }) => `${at ? `${at.line}:${at.column} ` : ""}${message.slice(0, 60)}`),
    [
      '1:9 x-host: is ignored; did you mean "x-hosts"?',
      '6:13 services.web.x-hots: is ignored; did you mean "x-host"?',
      "5:12 the variable TAG is not set; an empty string is used",
      "7:19 the variable ONE is not set; an empty string is used",
      "2:12 hosts.b: plain tcp:// has no authentication, so every machin",
    ],
  );
});

test("the variables of a value are known by its path, in mappings and in lists", async () => {
  const { variablesIn } = await loaded(
    `services:
  web:
    image: "web:$TAG"
    environment: [A=$ONE, "=", "B=\${TWO:-2}$ONE", plain]
    labels: {a: "$ONE"}
    ports: ["80:$PORT"]
`,
    [],
    { TAG: "1", ONE: "1", PORT: "80" },
  );
  const found = (path: string) => variablesIn(path.split(".")).join();
  assert.deepEqual(
    ["image", "environment.A", "environment.B", "environment.0", "environment.plain", "environment.C"].map(
      (path) => found(`services.web.${path}`),
    ),
    ["TAG", "ONE", "TWO,ONE", "ONE", "", ""],
  );
  assert.deepEqual(["services", "services.web", "services.other.image"].map(found), ["", "", ""]);
});
