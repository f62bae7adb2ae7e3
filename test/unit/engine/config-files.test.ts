import assert from "node:assert/strict";
import { test } from "node:test";
import { extract } from "tar-stream";
import type { Service } from "../../../provider/compose/types.js";
import {
  containerFiles,
  filesHash,
  filesTar,
  isFileVolume,
  uploads,
} from "../../../provider/engine/files/config-files.js";
import { fileMounts } from "../../../provider/engine/create-options/file-volumes.js";

const service: Service = {
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

test("configs and secrets become files at docker compose's paths", () => {
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

test("files of configs and secrets that are executable stay so, unless the service sets a mode", () => {
  const executable = { configs: { app: true, nginx: true, rel: false }, secrets: { key: true } };
  const [today, before] = [{ ...contents, executable }, contents].map((all) => containerFiles(service, all));
  assert.deepEqual(
    today?.map(({ target, mode }) => `${target} ${mode.toString(8)}`),
    [
      "/app 555",
      "/etc/nginx/nginx.conf 400",
      "/etc/rel 444",
      "/run/secrets/password 444",
      "/run/secrets/tls.key 555",
    ],
  );
  assert.notEqual(filesHash(today ?? []), filesHash(before ?? []));
  const none = { configs: { app: false, rel: false }, secrets: { password: false } };
  assert.equal(
    filesHash(containerFiles(service, { ...contents, executable: none })),
    filesHash(before ?? []),
  );
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

test("a mount of the service takes precedence over a file; missing content is an error", () => {
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

function hardened(change: Partial<Service>, inline = contents) {
  const hard: Service = {
    ...service,
    configs: [{ source: "app", target: "/etc/app/app.conf" }],
    read_only: true,
    ...change,
  };
  const files = containerFiles(hard, inline);
  const mounts = fileMounts(hard, files, ["shop", "web", 1]);
  return { mounts, paths: uploads(hard, files).map(({ path }) => path) };
}

test("in a read-only container the files are in volumes, new ones for new content", () => {
  const { mounts, paths } = hardened({});
  assert.deepEqual(paths, ["/etc/app", "/run/secrets"]);
  assert.deepEqual(
    mounts.map(({ target }) => target),
    paths,
  );
  assert.ok(mounts.every(({ source }) => isFileVolume(source ?? "")));
  assert.deepEqual(hardened({}).mounts, mounts);
  const [changed, same] = hardened({}, { ...contents, configs: { ...contents.configs, app: "b" } }).mounts;
  assert.notEqual(changed?.source, mounts[0]?.source);
  assert.equal(same?.source, mounts[1]?.source);
});

test("files are written into a volume that the service mounts itself; a tmpfs would hide them", () => {
  const own = hardened({ secrets: [], volumes: [{ type: "volume", source: "etc", target: "/etc" }] });
  assert.deepEqual(own, { mounts: [], paths: ["/etc"] });
  const hidden = hardened({ read_only: false, tmpfs: ["/run:size=1m"] });
  assert.deepEqual(hidden.paths, ["/", "/run/secrets"]);
  assert.deepEqual(
    hidden.mounts.map(({ target }) => target),
    ["/run/secrets"],
  );
  assert.deepEqual(hardened({ read_only: false }).mounts, []);
});

test("files that no volume can hold are refused", () => {
  assert.throws(
    () => hardened({ configs: [{ source: "app" }] }),
    /\/app cannot be put into a container whose \/ is read-only/,
  );
  assert.throws(() => hardened({ tmpfs: ["/run/secrets"] }), /whose \/run\/secrets is a tmpfs/);
});
