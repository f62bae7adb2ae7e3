import assert from "node:assert/strict";
import { chmod, mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { contextChanges, contextHashes, wholeHash } from "../../../provider/engine/files/content-hash.js";
import { listContext } from "../../../provider/engine/builder/build-context.js";
import { type FolderEntry } from "../../../provider/engine/files/list-folder.js";
import { frontendAttributes } from "../../../provider/engine/builder/definition.js";
import { selected } from "../../../provider/engine/builder/requested-files.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("a build's context", () => {
  let folder: string;
  before(async () => {
    folder = temporaryFolder("context");
  });
  after(() => rm(folder, { recursive: true }));

  let count = 0;
  async function context(files: Record<string, string>): Promise<string> {
    const path = join(folder, String(++count));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    }
    return path;
  }
  const paths = async (files: Record<string, string>, dockerfile?: string) =>
    (await listContext(await context(files), dockerfile)).map(({ path }) => path);

  it("must be sent in the order of the builder's own walk", async () => {
    const found = await paths({ "a-b": "", "a/b": "", "a.c": "", B: "" });
    assert.deepEqual(found, ["B", "a", "a/b", "a-b", "a.c"]);
  });

  it("must exclude the files that .dockerignore names, except its exceptions", async () => {
    const ignored = "# comment\n/logs\n**/*.tmp\nnode_modules\n!node_modules/keep\nKEEP\n";
    const files = {
      ".dockerignore": ignored,
      "logs/a": "",
      "src/b.tmp": "",
      "src/c": "",
      keep: "",
      "node_modules/x": "",
    };
    assert.deepEqual(await paths({ ...files, "node_modules/keep/y": "" }), [
      ".dockerignore",
      "keep",
      "node_modules",
      "node_modules/keep",
      "node_modules/keep/y",
      "src",
      "src/c",
    ]);
  });

  it("must prefer the Dockerfile's own list", async () => {
    const files = {
      ".dockerignore": "a",
      "app.Dockerfile.dockerignore": "b\n*.dockerignore\n.dockerignore",
      a: "",
      b: "",
    };
    assert.deepEqual(await paths(files, "app.Dockerfile"), ["a"]);
  });

  it("must have the same hash in another clone, and a different one for different content", async () => {
    const files = { "src/a": "1", "run.sh": "#!" };
    const [one, two] = [await context(files), await context(files)];
    await utimes(join(two, "src/a"), 1, 1);
    await chmod(join(two, "src/a"), 0o600);
    const hashOf = async (path: string) => contextHashes(await listContext(path));
    const before = await hashOf(one);
    assert.deepEqual(await hashOf(two), before);
    await writeFile(join(two, "src/a"), "2");
    await chmod(join(two, "run.sh"), 0o755);
    await symlink("run.sh", join(two, "link"));
    await rm(join(one, "src/a"));
    const changed = await hashOf(two);
    assert.deepEqual(contextChanges(before, changed), ["+ link", "~ run.sh", "~ src/a"]);
    assert.deepEqual(contextChanges(before, await hashOf(one)), ["- src/a"]);
    assert.notEqual(wholeHash(before), wholeHash(changed));
  });
});

describe("files that the builder requests", () => {
  const entry = (path: string, target?: string): FolderEntry => {
    const common = { path, mode: 0o644, size: 0, modified: 0 };
    if (target !== undefined) return { ...common, kind: "link", target };
    return path.includes(".")
      ? { ...common, kind: "file", content: Buffer.alloc(0) }
      : { ...common, kind: "folder" };
  };
  const there = ["src", "src/a.js", "src/deep", "src/deep/b.js", "src2", "src2/c.js", "z.json"].map((path) =>
    entry(path),
  );
  const links = [
    entry("go", "src/deep"),
    entry("src/up.js", "../z.json"),
    entry("out", "../../etc"),
    entry("abs", "/src2"),
  ];
  const asked = (...paths: string[]) => selected([...there, ...links], paths).map(({ path }) => path);

  it("must be sent with their parents and everything below", () => {
    assert.deepEqual(asked("src/deep"), ["src", "src/deep", "src/deep/b.js"]);
    assert.deepEqual(asked("/z.json"), ["z.json"]);
    assert.deepEqual(asked("src*/*.js", "none"), [
      "src",
      "src/a.js",
      "src2",
      "src2/c.js",
      "z.json",
      "src/up.js",
    ]);
    assert.equal(asked().length, 11);
    assert.equal(asked("z.json", "/").length, 11);
  });

  it("must be sent through links", () => {
    assert.deepEqual(asked("go/b.js"), ["src", "src/deep", "src/deep/b.js"]);
    assert.deepEqual(asked("go"), ["src", "src/deep", "src/deep/b.js", "go"]);
    assert.deepEqual(asked("src/up.js"), ["src", "z.json", "src/up.js"]);
    assert.deepEqual(asked("abs"), ["src2", "src2/c.js", "abs"]);
    assert.deepEqual(asked("out"), ["out"]);
  });
});

describe("the builder's options", () => {
  const attributesOf = (build: object, api = "1.47") =>
    frontendAttributes({ context: "/c", ...build }, "Dockerfile", api);

  it("must be the frontend's attributes", () => {
    assert.deepEqual(
      attributesOf({
        args: { A: "1", UNSET: null },
        labels: { l: "v" },
        target: "t",
        platforms: ["linux/amd64", "linux/arm64"],
        extra_hosts: ["db=10.0.0.1"],
        ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 3 },
        shm_size: "67108864",
        network: "none",
        no_cache_filter: ["a", "b"],
        cache_from: ["shop/web", "type=gha,scope=x"],
        additional_contexts: { src: "/src", base: "docker-image://redis" },
        pull: true,
        provenance: "mode=max",
        sbom: "false",
      }),
      {
        filename: "Dockerfile",
        "image-resolve-mode": "pull",
        target: "t",
        platform: "linux/amd64,linux/arm64",
        "shm-size": "67108864",
        "add-hosts": "db=10.0.0.1",
        ulimit: "nofile=1:2,nproc=3:3",
        "force-network-mode": "none",
        "no-cache": "a,b",
        "cache-imports":
          '[{"Type":"registry","Attrs":{"ref":"shop/web"}},{"Type":"gha","Attrs":{"scope":"x"}}]',
        "build-arg:A": "1",
        "label:l": "v",
        "context:src": "local:src",
        "context:base": "docker-image://redis",
        "attest:provenance": "mode=max",
      },
    );
  });

  it("must name a remote context", () => {
    for (const url of ["https://github.com/a/b.git#v1:dir", "git@host:a/b", "github.com/a/b"])
      assert.equal(attributesOf({ context: url }).context, url);
    assert.equal(attributesOf({ context: url(""), dockerfile_inline: "FROM a" }).dockerfilekey, "dockerfile");
    assert.equal(attributesOf({}).context, undefined);
  });
  const url = (path: string) => `https://h/${path}`;

  it("must not contain options that an old builder would ignore", () => {
    assert.throws(() => attributesOf({ ulimits: { nproc: 1 } }, "1.41"), { code: "unsupported" });
    assert.ok(attributesOf({}, "1.41"));
  });
});
