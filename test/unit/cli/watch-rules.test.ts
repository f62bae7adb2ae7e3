import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { orUnhealthy } from "../../../cli/watch/watch-session.js";
import { K2Error } from "../../../provider/shared/errors.js";
import { assertComplete, ignoredByBuilds, rulesOf, within } from "../../../cli/watch/rules.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

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

  it("must sync at the start with initial_sync, except what is mounted", () => {
    const [one, two] = rulesOf(
      {
        web: {
          develop: {
            watch: [
              { action: "sync", path: "src", target: "/a", initial_sync: true },
              { action: "rebuild", path: "src", initial_sync: true },
            ],
          },
          volumes: [{ type: "bind", source: "/shop", target: "/shop" }],
        } as never,
      },
      "/shop",
    );
    assert.deepEqual([one!.initialSync, one!.mounted], [true, true]);
    assert.deepEqual([two!.initialSync, two!.mounted], [false, false]);
  });

  it("must be refused when docker compose refuses it", () => {
    const [rebuild, exec] = rulesOf(
      {
        web: {
          develop: {
            watch: [
              { action: "rebuild", path: "a" },
              { action: "sync+exec", path: "b" },
            ],
          },
        } as never,
      },
      "/shop",
    );
    assert.throws(() => assertComplete(rebuild!, {} as never), /rebuild needs a build section/);
    assertComplete(rebuild!, { build: {} } as never);
    assert.throws(() => assertComplete(exec!, {} as never), /sync\+exec needs an exec/);
  });

  it("must ignore what .dockerignore of the service's build names", async () => {
    const context = temporaryFolder("watch");
    writeFileSync(join(context, ".dockerignore"), "**/built\n**/*.md\n!src/keep.md\n");
    const services = {
      web: { build: { context }, develop: { watch: [{ ...watch[0], path: "src", include: [] }] } },
    };
    const [rule] = await ignoredByBuilds(rulesOf(services as never, context), services as never);
    const found = ["src/a.ts", "src/built/a.ts", "src/a.md", "src/keep.md"].map((path) =>
      within(rule!, join(context, path)),
    );
    writeFileSync(join(context, ".dockerignore"), "src/*.ts\n");
    const [other] = await ignoredByBuilds(rulesOf(services as never, context), services as never);
    assert.deepEqual(found, ["a.ts", undefined, undefined, "keep.md"]);
    assert.equal(within(other!, join(context, "src/a.ts")), undefined);
    assert.equal(within(other!, join(context, "src/a.js")), "a.js");
    rmSync(context, { recursive: true });
  });

  it("must ignore files that are excluded, not included, elsewhere or temporary", () => {
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

  it("must go on when a container crashes at the start, and end at other errors", async () => {
    const errors: string[] = [];
    const out = { error: (text: string) => void errors.push(text) } as never;
    const failing = (code: "unhealthy" | "conflict") => () =>
      Promise.reject(new K2Error(code, "web-1 is down"));
    assert.equal(await orUnhealthy({ out }, () => Promise.resolve(1)), 1);
    assert.equal(await orUnhealthy({ out }, failing("unhealthy")), "unhealthy");
    assert.deepEqual(errors, ["web-1 is down"]);
    await assert.rejects(orUnhealthy({ out }, failing("conflict")), /web-1 is down/);
  });
});
