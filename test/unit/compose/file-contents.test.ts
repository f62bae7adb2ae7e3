import assert from "node:assert/strict";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { readContents } from "../../../provider/compose/source/file-contents.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

for (const section of ["configs", "secrets"])
  it(`refuses external ${section} at their place, because only a swarm has them`, async () => {
    const text = `services: {web: {image: i, ${section}: [own]}}\n${section}: {own: {external: true}}\n`;
    const project = await load({
      cwd: "/project",
      files: ["/project/compose.yaml"],
      projectName: "shop",
      env: {},
      read: () => Promise.resolve(text),
    });
    await assert.rejects(readContents(project), {
      code: "unsupported",
      message: new RegExp(`compose\\.yaml:2:.*${section}\\.own: external ${section} exist only in a swarm`),
    });
  });

it("contents of configs and secrets tell which files are executable", async (t) => {
  const cwd = temporaryFolder("contents");
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "start"), "#!/bin/sh\n");
  chmodSync(join(cwd, "start"), 0o700);
  writeFileSync(join(cwd, "token"), "hush");
  chmodSync(join(cwd, "token"), 0o600);
  const standardInput = `
services: {web: {image: a, configs: [start, inline], secrets: [token, variable]}}
configs: {start: {file: ./start}, inline: {content: x}, unused: {file: ./none}}
secrets: {token: {file: ./token}, variable: {environment: TOKEN}}`;
  const project = await load({ cwd, env: { TOKEN: "x" }, files: ["-"], standardInput });
  assert.deepEqual(await readContents(project), {
    configs: { start: "#!/bin/sh\n", inline: "x" },
    secrets: { token: "hush", variable: "x" },
    executable: { configs: { start: true }, secrets: { token: false } },
  });
});
