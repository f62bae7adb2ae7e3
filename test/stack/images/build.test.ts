import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import type { Workspace } from "../../support/cli/workspace.js";
import { rarely } from "../../support/rarely.js";

const compose = (a: string, b: string) => `hosts: {a: "${a}", b: "${b}"}
services:
  web:
    build:
      context: ./web
      secrets: [token]
    host: [a, b]
    stop_signal: SIGKILL
secrets:
  token: {environment: TOKEN}
`;
const dockerfile = `FROM k2-test/busybox:1
COPY page.txt /page.txt
RUN --mount=type=secret,id=token test "$(cat /run/secrets/token)" = s3cr3t-of-the-build
CMD ["sleep", "3600"]
`;

describe("a service with build", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a", "b"] });
  let shop: Workspace;
  before(async () => {
    shop = await workspace("build", {
      files: {
        "compose.yml": compose(host("a").address, host("b").address),
        "web/Dockerfile": dockerfile,
        "web/page.txt": "one\n",
        "web/notes.md": "not sent\n",
        "web/.dockerignore": "*.md\n",
      },
      env: { TOKEN: "s3cr3t-of-the-build" },
    });
  });

  const images = async () => {
    const all = [
      ...(await containersOf(host("a"), shop.project)),
      ...(await containersOf(host("b"), shop.project)),
    ];
    return all.map(({ Image }) => Image);
  };

  it("must be built once, and run from the same image on all its hosts", async () => {
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const [onA, onB] = await images();
    assert.ok(onA);
    assert.equal(onA, onB);
  });

  it("must not be rebuilt when only ignored files changed", async () => {
    shop.write("web/notes.md", "changed\n");
    assert.deepEqual(await shop.preview(), []);
  });

  it("must be rebuilt when a file of its context changed, and the preview must name the file", async () => {
    const [before] = await images();
    shop.write("web/page.txt", "two\n");
    const [image] = (await shop.preview()).filter(({ urn }) => urn.endsWith("-web"));
    assert.deepEqual(image?.detailedDiff, ['build.files["page.txt"]']);
    await shop.mustPulumi("up", "--yes", "--skip-preview");
    const [onA, onB] = await images();
    assert.notEqual(onA, before);
    assert.equal(onA, onB);
    assert.deepEqual(await shop.preview(), []);
  });

  it("must be the only failure when its build fails, and keep running as it is", async () => {
    const before = await images();
    shop.write("web/Dockerfile", `${dockerfile}RUN echo what went wrong; exit 3\n`);
    const { code, stdout, stderr } = await shop.pulumi(
      "up",
      "--yes",
      "--skip-preview",
      "--continue-on-error",
    );
    assert.notEqual(code, 0);
    assert.match(stdout, /what went wrong/, stderr);
    assert.equal(stdout.match(/^ +error: (?!update failed)/gm)?.length, 1, stdout);
    assert.deepEqual(await images(), before);
    shop.write("web/Dockerfile", dockerfile);
    assert.deepEqual(await shop.preview(), []);
  });

  it("must not store its build secrets in the state", async () => {
    const text = JSON.stringify(await shop.state());
    assert.ok(!text.includes("s3cr3t-of-the-build"));
  });

  rarely("must be built for the service's platform", async () => {
    const arm = await workspace("build-arm", {
      files: {
        "compose.yml": `hosts: {a: "${host("a").address}"}
services:
  web: {build: ./web, host: a, scale: 0, platform: linux/arm64}
`,
        "web/Dockerfile": "FROM scratch\nCOPY page.txt /page.txt\n",
        "web/page.txt": "one\n",
      },
    });
    await arm.mustPulumi("up", "--yes", "--skip-preview");
    const path = `/images/${arm.project}-web/json`;
    const { Architecture } = await engine<{ Architecture: string }>(host("a"), "GET", path);
    assert.equal(Architecture, "arm64");
    assert.deepEqual(await arm.preview(), []);
  });
});
