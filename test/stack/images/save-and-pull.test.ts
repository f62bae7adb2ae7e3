import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bed, bedMissing, startBed } from "../../support/bed/bed.js";
import { type BedRegistry, startRegistry } from "../../support/bed/registry.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { command } from "../../support/cli/command.js";
import { engine, removeProject } from "../../support/bed/http-engine.js";
import { checkout } from "../../support/scripts.js";

describe("save and pull", { skip: bedMissing() ?? composeMissing() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "k2-save-"));
  const project = `save${folder.slice(-6).toLowerCase()}`;
  let bed: Bed;
  let registry: BedRegistry;
  let image: string;

  before(async () => {
    bed = await startBed({ hosts: ["a", "b"] });
    registry = await startRegistry();
    image = `${registry.address}/${project}`;
    for (const host of [bed.hosts.a!, bed.hosts.b!])
      await engine(host, "POST", `/images/k2-test/busybox:1/tag?repo=${image}&tag=1`);
    const service = (host: string) => `{image: "${image}:1", x-host: ${host}, command: sleep 1000}`;
    const hosts = `x-hosts: {a: "${bed.hosts.a!.address}", b: "${bed.hosts.b!.address}"}`;
    writeFileSync(
      join(folder, "compose.yml"),
      `name: ${project}\n${hosts}\nservices:\n  one: ${service("a")}\n  two: ${service("b")}\n`,
    );
    for (const [host, name] of [
      ["a", "one"],
      ["b", "two"],
    ] as const)
      assert.equal((await dockerCompose(bed.hosts[host]!, ["up", "-d", name], { cwd: folder })).code, 0);
  });

  after(async () => {
    for (const name of ["a", "b"]) await removeProject(bed.hosts[name]!, project);
    await registry.close();
    await bed.close();
  });

  const k2 = (...args: string[]) =>
    command(process.execPath, [join(checkout, "bin/k2-compose.js"), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
    });

  it("must tag and push the running images, and print the digests", async () => {
    const { stdout, stderr, code } = await k2("save", "--suffix=", "--no-interaction", "--only-push");
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^do +${image}:1 => ${image}:1$`, "m"));
    assert.match(stdout, /^Pushing\.\.\.$/m);
    assert.match(stdout, /^one => sha256:[0-9a-f]{64}$/m);
    assert.match(stdout, /^two => sha256:[0-9a-f]{64}$/m);
    assert.match(stdout, /^Push all done\.$/m);
    assert.match(stdout, /^┌Done─/m);
  });

  it("must be able to print the digests of the tags in the registry", async () => {
    const { stdout, stderr, code } = await k2("config", "--resolve-image-digests", "--format", "json");
    assert.equal(code, 0, stderr);
    const { services } = JSON.parse(stdout) as { services: Record<string, { image: string }> };
    for (const name of ["one", "two"])
      assert.match(services[name]!.image, new RegExp(`^${image}:1@sha256:[0-9a-f]{64}$`));
    const lock = ["config", "--lock-image-digests"];
    const theirs = await dockerCompose(bed.hosts.a!, lock, { cwd: folder });
    assert.equal((await k2(...lock)).stdout, theirs.stdout, theirs.stderr);
  });

  it("must pull on every host, report whether an image is new, and refuse to save an image that is not the running one", async () => {
    const again = await k2("pull", "-y");
    assert.equal(again.code, 0, again.stderr);
    assert.match(
      again.stdout,
      new RegExp(
        `^Pulling one@a \\(${image}:1\\)\\.\\.\\.\n1: Pulling from .*\nDigest: sha256:\\w+\nStatus: Image is up to date for ${image}:1\nPulling two@b`,
        "m",
      ),
    );
    await engine(bed.hosts.a!, "POST", `/images/k2-test/busybox:2/tag?repo=${image}&tag=1`);
    const { stdout } = await k2("save", "--suffix=-new", "--no-interaction", "one");
    assert.match(stdout, /skip\(not match\)/);
  });

  it("must not push two images under one name", async () => {
    assert.equal((await dockerCompose(bed.hosts.a, ["up", "-d", "one"], { cwd: folder })).code, 0);
    const both = await k2("save", "--suffix=-both", "--no-interaction");
    assert.match(
      both.stderr,
      /:1 is a different image on a than on b\n +Both would be pushed as \S+:1-both\./,
    );
    assert.notEqual(both.code, 0);
    assert.doesNotMatch(both.stdout, /Tagging/);
    const one = await k2("save", "--suffix=-both", "--no-interaction", "two");
    assert.equal(one.code, 0, one.stderr);
  });

  it("must follow the pull policy, unless an option names another one", async () => {
    const services =
      "{one: {image: IMAGE, pull_policy: never, host: a}, two: {image: IMAGE, pull_policy: missing, host: a}}";
    writeFileSync(
      join(folder, "never.yml"),
      `name: ${project}n\nhosts: {a: "${bed.hosts.a!.address}"}\nservices: ${services.replaceAll("IMAGE", `"${image}:1"`)}\n`,
    );
    const { stdout } = await k2("-f", "never.yml", "pull", "-y");
    assert.match(stdout, /^Status: not pulled, pull_policy is never$/m);
    assert.match(stdout, /^Status: not pulled, image is already present$/m);
    assert.doesNotMatch(stdout, /Digest/);
    const pulled = await k2("-f", "never.yml", "pull", "-y", "--policy", "always");
    assert.equal(pulled.stdout.match(/Digest: sha256/g)?.length, 2, pulled.stdout + pulled.stderr);
  });

  it("must name the host that could not pull", async () => {
    writeFileSync(
      join(folder, "missing.yml"),
      `name: ${project}m\nhosts: {b: "${bed.hosts.b!.address}"}\nservices: {x: {image: "${registry.address}/nothing:1", host: b}}\n`,
    );
    const { stderr, code } = await k2("-f", "missing.yml", "pull", "x");
    assert.match(stderr, /b: pull .*nothing:1/);
    assert.notEqual(code, 0);
  });
});
