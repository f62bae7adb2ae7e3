import assert from "node:assert/strict";
import { test } from "node:test";
import { withSettings } from "../../../../provider/shared/kept-settings.js";

test("the settings of a run must replace those of an earlier run, and nothing else", () => {
  const salt = "encryptionsalt: v1:abc\n";
  const first = withSettings(salt, {
    ...{ directory: "/shop", files: ["a.yml", "b.yml"], projectName: "shop", profiles: ["dev"] },
    ...{ envFiles: ["dev.env"], environment: { PWD: "/shop" }, run: { takeOver: true } },
  });
  assert.equal(
    first,
    `encryptionsalt: v1:abc
config:
  k2-compose:directory: /shop
  k2-compose:files: '["a.yml","b.yml"]'
  k2-compose:projectName: shop
  k2-compose:profiles: '["dev"]'
  k2-compose:envFiles: '["dev.env"]'
`,
  );
  const users = `${first}  # the user's
  k2-compose:saveSuffix: -live
  k2-compose:environment: { PASSWORD: { secure: v1:xyz } }
`;
  assert.equal(
    withSettings(users, { directory: "/shop" }),
    `encryptionsalt: v1:abc
config:
  k2-compose:directory: /shop
  # the user's
  k2-compose:saveSuffix: -live
  k2-compose:environment: { PASSWORD: { secure: v1:xyz } }
`,
  );
});

test("a stack without configuration must get one", () => {
  for (const none of ["", "config:\n", "config: {}\n"])
    assert.match(withSettings(none, { directory: "/shop" }), /^config:\s+\{? ?k2-compose:directory: \/shop/);
});
