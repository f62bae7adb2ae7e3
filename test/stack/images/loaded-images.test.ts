import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bedMissing, modernMissing } from "../../support/bed/bed.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { retag, useBed } from "../../support/bed/use-bed.js";

describe(
  "an image loaded into engines with both image stores",
  { skip: bedMissing() ?? modernMissing() },
  () => {
    const { host, folder } = useBed({ hosts: ["a"], modern: ["m"] });

    it("must be used unchanged, although one engine has a digest that is in no registry", async () => {
      const hosts = JSON.stringify({ a: host("a").address, m: host("m").address });
      const service = (on: string) => `{ image: "k2-test/busybox:1", host: ${on}, scale: 0 }`;
      const files = {
        "compose.yml": `hosts: ${hosts}\nservices:\n  one: ${service("a")}\n  two: ${service("m")}\n`,
      };
      const shop = folder("loaded", { files });
      await shop.mustCli("up", "-y");
      assert.match((await shop.cli("up", "-y")).stderr, /Nothing to do/);
    });
  },
);

describe("a tag that is in no registry, and another image on each host", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });
  const tag = "local/loaded:1";
  const versions = async (project: string) => {
    const all = await Promise.all(["a", "b"].map((name) => containersOf(host(name), project)));
    return all.map((containers) => containers.map(({ Config }) => Config.Labels["version"]).join()).join(" ");
  };

  it("must not be deployed, except with `distribute: stream`: the image of the host that runs it", async () => {
    await retag(host("a"), "k2-test/busybox:1", tag);
    await retag(host("b"), "k2-test/busybox:2", tag);
    const file = (more = "") => `hosts: {a: "${host("a").address}", b: "${host("b").address}"}
services: {web: {image: "${tag}", host: [a, b], command: sleep 3600, stop_signal: SIGKILL${more}}}
`;
    const shop = folder("differ", { files: { "compose.yml": file() } });
    const refused = await shop.cli("up");
    assert.equal(refused.code, 6, refused.stderr);
    assert.match(
      refused.stderr,
      /local\/loaded:1 is in no registry, and another one on each of a \(\w{12}\), b \(\w{12}\)\n.*`distribute: stream`/,
    );
    assert.equal(await versions(shop.project), " ");
    const Labels = { "com.docker.compose.project": shop.project, "com.docker.compose.service": "web" };
    const body = { Image: tag, Cmd: ["sleep", "3600"], Labels, StopSignal: "SIGKILL" };
    await engine(host("b"), "POST", `/containers/create?name=${shop.project}-other-1`, body);
    await engine(host("b"), "POST", `/containers/${shop.project}-other-1/start`);
    const kept = await shop.cli("up");
    assert.equal(kept.code, 6, kept.stderr);
    assert.match(
      kept.stderr,
      /^warning: image local\/loaded:1 is in no registry.*: running containers keep theirs$/m,
    );
    assert.deepEqual(await versions(shop.project), " 2");
    shop.write("compose.yml", file(", distribute: stream"));
    await shop.mustCli("up", "-y");
    assert.equal(await versions(shop.project), "2 2");
    assert.match((await shop.cli("up")).stderr, /Nothing to do/);
    for (const name of ["a", "b"])
      await engine(host(name), "DELETE", `/images/${tag}?force=1`).catch(() => undefined);
  });
});
