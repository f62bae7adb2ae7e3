import assert from "node:assert/strict";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { registryAuthHeader } from "../../../provider/engine/images/registry-auth.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

describe("credentials for a registry", () => {
  let folder: string;
  before(async () => {
    folder = temporaryFolder("auth");
    const helper = join(folder, "docker-credential-fake");
    await writeFile(
      helper,
      `#!/bin/sh
read -r server
case "$server" in
  tokens.example) echo '{"Username":"<token>","Secret":"t0ken"}' ;;
  known.example) echo '{"Username":"ann","Secret":"pass:word"}' ;;
  *) echo "credentials not found in native keychain"; exit 1 ;;
esac
`,
    );
    await chmod(helper, 0o755);
  });
  after(() => rm(folder, { recursive: true }));

  async function sent(config: object, image: string): Promise<unknown> {
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    const env = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` };
    const header = (await registryAuthHeader(image, env))["X-Registry-Auth"];
    return header === undefined ? undefined : JSON.parse(Buffer.from(header, "base64url").toString());
  }

  const basic = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

  it("must come from auths, with colons in the password", async () => {
    assert.deepEqual(await sent({ auths: { "r.example:5000": basic("bob:a:b") } }, "r.example:5000/x"), {
      username: "bob",
      password: "a:b",
      serveraddress: "r.example:5000",
    });
  });

  it("must be those of Docker Hub for a name without registry", async () => {
    const config = { auths: { "https://index.docker.io/v1/": basic("bob:secret") } };
    const auth = { username: "bob", password: "secret", serveraddress: "https://index.docker.io/v1/" };
    assert.deepEqual(await sent(config, "redis:7"), auth);
    assert.deepEqual(await sent(config, "bob/app"), auth);
    assert.equal(await sent(config, "r.example/app"), undefined);
  });

  it("must be found under a registry's URL, too", async () => {
    const config = { auths: { "https://r.example/v2/": basic("bob:secret") } };
    assert.equal(((await sent(config, "r.example/x")) as { username: string }).username, "bob");
  });

  it("must prefer the registry's helper to the store, and the store to the file", async () => {
    const auths = { "known.example": basic("file:file"), "other.example": basic("file:file") };
    const helped = { auths, credHelpers: { "known.example": "fake" } };
    assert.equal(((await sent(helped, "known.example/x")) as { password: string }).password, "pass:word");
    const stored = { auths, credsStore: "fake" };
    assert.equal(((await sent(stored, "known.example/x")) as { username: string }).username, "ann");
    assert.equal(((await sent(stored, "other.example/x")) as { username: string }).username, "file");
  });

  it("must pass on an identity token", async () => {
    const token = { identitytoken: "t0ken", serveraddress: "tokens.example" };
    assert.deepEqual(await sent({ credsStore: "fake" }, "tokens.example/x"), token);
    const written = { auths: { "tokens.example": { identitytoken: "t0ken" } } };
    assert.deepEqual(await sent(written, "tokens.example/x"), token);
  });

  it("must name a missing helper", async () => {
    await assert.rejects(sent({ credsStore: "nowhere" }, "r.example/x"), {
      code: "refused",
      message: /r.example: the credential helper docker-credential-nowhere cannot be run/,
    });
  });

  it("must not be quoted from an invalid file", async () => {
    await writeFile(join(folder, "config.json"), '{"auths": {"r": {"auth": "hunter2"');
    await assert.rejects(registryAuthHeader("r/x", { DOCKER_CONFIG: folder }), (error: Error) => {
      assert.match(error.message, /config.json: is not a JSON object/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });

  it("must be none without a file", async () => {
    assert.deepEqual(await registryAuthHeader("redis", { DOCKER_CONFIG: "/nowhere" }), {});
  });
});
