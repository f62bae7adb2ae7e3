import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { idle } from "../../support/model/idle-service.js";
import type { Workspace } from "../../support/cli/workspace.js";

const password = "correct-horse-battery";
const token = "staple-of-the-vault";

const mail = "key-of-the-mail-server";
const page = "hidden-in-a-page";

const compose = `services:
  db:
    ${idle}
    env_file: mail.env
    configs: [api_token]
    environment:
      PASSWORD: \${DB_PASSWORD}
      URL: postgres://db:\${DB_PASSWORD}@db/shop
      PLAIN: \${PLAIN}
    secrets: [token]
secrets:
  token:
    file: ./token.txt
configs:
  api_token:
    content: ${page}
`;

describe("a secret", { skip: bedMissing() }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  const printed: string[] = [];
  before(async () => {
    const files = { "compose.yml": compose, "token.txt": token, "mail.env": `MAIL_PASSWORD=${mail}\n` };
    shop = await workspace("secrets", { files, env: { DOCKER_HOST: host("a").address } });
    await shop.mustPulumi("config", "set", "--path", "k2-compose:environment.PLAIN", "seen");
    await shop.mustPulumi(
      "config",
      "set",
      "--secret",
      "--path",
      "k2-compose:environment.DB_PASSWORD",
      password,
    );
  });

  it("must be set in the container", async () => {
    printed.push(await shop.mustPulumi("preview", "--diff"));
    printed.push(await shop.mustPulumi("up", "--yes", "--skip-preview", "--diff"));
    const [db] = await containersOf(host("a"), shop.project);
    assert.ok(db!.Config.Env.includes(`PASSWORD=${password}`));
    assert.ok(db!.Config.Env.includes(`URL=postgres://db:${password}@db/shop`));
    assert.ok(db!.Config.Env.includes("PLAIN=seen"));
    assert.ok(db!.Config.Env.includes(`MAIL_PASSWORD=${mail}`));
  });

  it("must stay secret when it changes", async () => {
    await shop.mustPulumi(
      "config",
      "set",
      "--secret",
      "--path",
      "k2-compose:environment.DB_PASSWORD",
      `${password}-2`,
    );
    printed.push(await shop.mustPulumi("preview", "--json"));
    printed.push(await shop.mustPulumi("up", "--yes", "--skip-preview", "--diff"));
    printed.push(
      await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--diff", "--expect-no-changes"),
    );
    printed.push(await shop.mustPulumi("up", "--yes", "--skip-preview", "--expect-no-changes"));
  });

  it("must not be stored in clear by an update that fails after it left the file", async () => {
    shop.write("compose.yml", `services:\n  db:\n    ${idle}\n    devices: [/dev/none]\n`);
    const { code, stdout, stderr } = await shop.pulumi("up", "--yes", "--skip-preview", "--diff");
    assert.notEqual(code, 0, "the device does not exist");
    printed.push(stdout, stderr);
  });

  it("must not be in the state, nor in the output", async () => {
    printed.push(
      await shop.mustPulumi("stack", "export"),
      await shop.mustPulumi("stack", "output", "--json"),
    );
    for (const secret of [password, mail, page, token, Buffer.from(token).toString("base64")]) {
      for (const text of printed) assert.ok(!text.includes(secret), around(text, secret));
    }
  });

  it("must not be in the engine's log, request URLs included", async () => {
    const { logFile } = host("a");
    if (logFile) assert.ok(!(await readFile(logFile, "utf8")).includes(password));
  });
});

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 300), at + 100);
}
