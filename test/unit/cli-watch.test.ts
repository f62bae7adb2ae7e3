import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rulesOf, within } from "../../cli/watch/rules.js";

describe("develop.watch", () => {
  const watch = [
    {
      action: "sync",
      path: "./src",
      target: "/app",
      ignore: ["node_modules/", "*.tmp"],
      include: ["*.ts", "static/**"],
    },
  ];
  const [rule] = rulesOf({ web: { develop: { watch } } as never }, "/shop");

  it("must be read relative to the project's folder", () => {
    assert.deepEqual([rule!.path, rule!.service, rule!.target], ["/shop/src", "web", "/app"]);
  });

  it("must leave alone what is ignored, not included, elsewhere or an editor's own", () => {
    const found = (path: string) => within(rule!, path);
    assert.equal(found("/shop/src/a.ts"), "a.ts");
    assert.equal(found("/shop/src/deep/a.ts"), "deep/a.ts");
    assert.equal(found("/shop/src/static/logo"), "static/logo");
    for (const path of [
      "/shop/other.ts",
      "/shop/src/a.md",
      "/shop/src/x.tmp",
      "/shop/src/node_modules/m/a.ts",
      "/shop/src/a.ts~",
      "/shop/src/.git/a.ts",
    ])
      assert.equal(found(path), undefined, path);
  });
});
