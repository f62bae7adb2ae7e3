import assert from "node:assert/strict";
import { test } from "node:test";
import { extract } from "tar-stream";
import { containerFiles, filesHash, filesTar } from "../../provider/engine/files.js";

const service = {
  command: null,
  entrypoint: null,
  configs: [
    { source: "app" },
    { source: "nginx", target: "/etc/nginx/nginx.conf", mode: "0400", uid: "101" },
    { source: "rel", target: "etc/rel" },
  ],
  secrets: [{ source: "password" }, { source: "key", target: "tls.key", gid: "5" }],
};
const contents = {
  configs: { app: "a", nginx: "n", rel: "r" },
  secrets: { password: "p", key: Buffer.from([0, 255]) },
};

test("configs and secrets become files at docker compose's places", () => {
  const files = containerFiles(service, contents).map(
    ({ target, uid, gid, mode }) => `${target} ${uid}:${gid} ${mode.toString(8)}`,
  );
  assert.deepEqual(files, [
    "/app 0:0 444",
    "/etc/nginx/nginx.conf 101:0 400",
    "/etc/rel 0:0 444",
    "/run/secrets/password 0:0 444",
    "/run/secrets/tls.key 0:5 444",
  ]);
});

test("the tar holds just those files, bytes unchanged", async () => {
  const tar = extract();
  tar.end(await filesTar(containerFiles(service, contents)));
  const names: string[] = [];
  for await (const entry of tar) {
    names.push(entry.header.name);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.name === "run/secrets/tls.key")
      assert.deepEqual(Buffer.concat(chunks), Buffer.from([0, 255]));
  }
  assert.deepEqual(names, [
    "app",
    "etc/nginx/nginx.conf",
    "etc/rel",
    "run/secrets/password",
    "run/secrets/tls.key",
  ]);
});

test("the hash changes with content, mode and target, and with nothing else", () => {
  const hash = (change: object = {}, texts: object = {}) =>
    filesHash(
      containerFiles({ ...service, ...change }, { ...contents, configs: { ...contents.configs, ...texts } }),
    );
  assert.equal(hash(), hash({ image: "other" }));
  assert.notEqual(hash(), hash({}, { app: "b" }));
  assert.notEqual(
    hash(),
    hash({
      secrets: [
        { source: "password", mode: "0400" },
        { source: "key", target: "tls.key" },
      ],
    }),
  );
  assert.equal(filesHash([]), undefined);
});

test("a file gives way to what the service itself mounts there; missing content is an error", () => {
  const mounted = {
    ...service,
    secrets: [],
    configs: [{ source: "app" }],
    volumes: [{ type: "tmpfs" as const, target: "/app" }],
  };
  assert.deepEqual(containerFiles(mounted, contents), []);
  assert.throws(
    () => containerFiles({ ...service, configs: [{ source: "none" }] }, contents),
    /no content for config none/,
  );
});
