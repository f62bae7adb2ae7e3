/** `k2-compose config` on the command line. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { after, before, it } from "node:test";
import { run } from "../../../cli/main.js";
import type { Terminal } from "../../../cli/terminal/process-io.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { fixtures } from "./fixtures.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder("config");
before(() => {
  cpSync(path.join(fixtures, "accepted/everything-together"), folder, { recursive: true });
  writeFileSync(path.join(folder, "hosts.yml"), "hosts: {a: 10.0.0.1:2375}\nservices: {web: {host: a}}\n");
});
after(() => rmSync(folder, { recursive: true }));

async function config(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new Sink(), new Sink()];
  const world = {
    ...{ env: { TAG: "1.2", HOME: folder }, cwd: folder, stdin: process.stdin },
    ...{ stdout: out as unknown as Terminal, stderr: err as unknown as Terminal },
  };
  const code = await run(["--profile", "front", ...args], world);
  return { code, out: out.text, err: err.text };
}

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

it("prints the document as docker compose does", async () => {
  const { out, code } = await config("-f", "compose.yaml", "-f", "prod.yaml", "config", "--format", "json");
  const golden = JSON.parse(
    readFileSync(path.join(fixtures, "accepted/everything-together/expected.json"), "utf8"),
  ) as { config: unknown };
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out.replaceAll(folder, "/project")), golden.config);
});

it("lists services, volumes, networks, images and profiles", async () => {
  const lists = await Promise.all(
    ["--services", "--volumes", "--networks", "--images", "--profiles"].map((flag) => config("config", flag)),
  );
  assert.deepEqual(
    lists.map(({ out }) => out.trim().split("\n").join(" ")),
    ["api db web", "data", "back default", "api:1.2 nginx redis", "front"],
  );
});

it("lists an image once for each service", async () => {
  writeFileSync(
    path.join(folder, "images.yml"),
    "services: {a: {image: one}, b: {image: one}, c: {image: two}}\n",
  );
  const { out } = await config("-f", "images.yml", "config", "--images");
  assert.equal(out, "one\none\ntwo\n");
});

it("lists variables that stand where only some words are valid", async () => {
  writeFileSync(
    path.join(folder, "variables.yml"),
    'services: {web: {image: x, pull_policy: "${A:-always}", gpus: "${B}", cgroup: "${C:-host}", host: "${D}"}}\n',
  );
  const { out, err } = await config("-f", "variables.yml", "config", "--variables");
  assert.deepEqual([err, out.match(/^[A-D]\b/gm)?.join("")], ["", "ABCD"]);
  const { out: text } = await config("-f", "variables.yml", "config", "--no-interpolate");
  assert.match(text, /gpus: \$\{B\}\n/);
});

it("lists variables with their defaults", async () => {
  const { out } = await config("config", "--variables");
  assert.match(out, /^NAME +REQUIRED +DEFAULT VALUE/);
  assert.match(out, /^PORT +false +8080/m);
});

it("keeps variables with --no-interpolate", async () => {
  const { out } = await config("config", "--no-interpolate");
  assert.match(out, /image: api:\$\{TAG\}/);
});

it("writes one host's part to a file, and prints nothing with -q", async () => {
  const both = ["-f", "compose.yaml", "-f", "hosts.yml", "config"];
  const { out } = await config(...both, "--for-host", "a", "-o", "a.yaml");
  assert.equal(out, "");
  const written = readFileSync(path.join(folder, "a.yaml"), "utf8");
  assert.match(written, /image: nginx/);
  assert.doesNotMatch(written, /host|redis|depends_on/);
  assert.deepEqual(await config("-f", "a.yaml", "config", "-q"), { code: 0, out: "", err: "" });
});

it("prints docker compose's hashes of services", { skip: composeMissing() }, async () => {
  const text = "services: {db: {image: redis}, web: {image: nginx, ports: ['80:80'], depends_on: [db]}}\n";
  writeFileSync(path.join(folder, "hashes.yml"), text);
  const { stdout } = await dockerCompose(undefined, ["-f", "hashes.yml", "config", "--hash", "*"], {
    cwd: folder,
  });
  const hashes = await config("-f", "hashes.yml", "config", "--hash", "*");
  assert.deepEqual([hashes.code, hashes.out], [0, stdout]);
});

it("fails with an error that names the place", async () => {
  writeFileSync(path.join(folder, "wrong.yaml"), "services:\n  web:\n    imagee: x\n");
  const { code, err } = await config("-f", "wrong.yaml", "config");
  assert.notEqual(code, 0);
  assert.match(err, /wrong\.yaml:3:5: services\.web\.imagee: no such attribute; did you mean "image"\?/);
});
