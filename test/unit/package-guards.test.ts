import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import ts from "typescript";
import { parse } from "yaml";
import { type ResourceKind, outputNames } from "../../provider/model/kinds.js";
import { stub } from "../../provider/resources/state-stub.js";
import { command } from "../support/cli/command.js";
import { checkout } from "../support/scripts.js";
import { filesBelow } from "../support/words.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const kinds = Object.keys(outputNames) as ResourceKind[];

describe("the code that every state contains", () => {
  it("must not change by a single byte", () => {
    assert.equal(
      stub("Service"),
      'exports.handler=()=>require("module").createRequire(process.cwd()+"/")("k2-compose/handlers").provider("Service")',
    );
    for (const kind of kinds) {
      assert.equal(stub(kind), stub("Service").replace("Service", kind));
      assert.ok(Buffer.byteLength(stub(kind)) < 200);
    }
  });

  it("must be in the packed package, and found by its name", async () => {
    const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const { stdout } = await command("npm", args, { cwd: checkout, env: process.env });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const packed = new Set(files.map(({ path }) => path));
    const { exports } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
      exports: Record<string, { default: string }>;
    };
    assert.equal(exports["./handlers"]!.default, "./dist/provider/handlers/index.js");
    for (const place of [".", "./program", "./handlers", "./runtime"]) {
      assert.ok(packed.has(exports[place]!.default.slice(2)), `${place} is not packed`);
    }
    // README and messages refer to pages in docs/.
    const pages = filesBelow(["docs"]);
    assert.deepEqual(
      pages.filter((page) => !packed.has(page)),
      [],
    );
    assert.deepEqual(
      [...packed].filter((path) => /^(test|dist\/test|node_modules|\.ci)\//.test(path)),
      [],
    );
  });

  it("must be found by TypeScript, with the resolution of CommonJS projects too", () => {
    const folder = temporaryFolder("types");
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(checkout, join(folder, "node_modules/k2-compose"));
    const { ModuleKind, ModuleResolutionKind } = ts;
    for (const options of [
      { module: ModuleKind.CommonJS, moduleResolution: ModuleResolutionKind.Node10 },
      { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext },
      { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler },
    ])
      for (const name of ["k2-compose", "k2-compose/program", "k2-compose/handlers"]) {
        const { resolvedModule } = ts.resolveModuleName(name, join(folder, "index.ts"), options, ts.sys);
        assert.match(resolvedModule?.resolvedFileName ?? "", /index\.d\.ts$/, name);
      }
    rmSync(folder, { recursive: true });
  });

  it("must know all kinds of resources", async () => {
    const { provider } = await import("../../provider/handlers/index.js");
    for (const kind of kinds) assert.ok(provider(kind), kind);
    assert.throws(() => provider("Spaceship" as ResourceKind), /has no resource "Spaceship": upgrade it/);
  });
});

describe("a Pulumi project of this repository", () => {
  const examples = readdirSync(join(checkout, "examples")).map((name) => join("examples", name));
  const folders = [".", ...examples.filter((path) => statSync(join(checkout, path)).isDirectory())];

  for (const folder of folders) {
    it(`must run an existing file, without TypeScript: ${folder}`, () => {
      const text = readFileSync(join(checkout, folder, "Pulumi.yaml"), "utf8");
      const { main, runtime, backend } = parse(text) as {
        main?: string;
        backend?: unknown;
        runtime: { name: string; options: { typescript: boolean } };
      };
      assert.ok(main && statSync(join(checkout, folder, main)).isFile(), "`main` must name a file");
      assert.deepEqual(runtime, { name: "nodejs", options: { typescript: false } });
      assert.equal(backend, undefined, "the user chooses the backend");
      assert.ok(existsSync(join(checkout, folder, "index.js")));
    });
  }
});
