import assert from "node:assert/strict";
import { it } from "node:test";
import { load } from "../../../provider/compose/load/load.js";
import { readContents } from "../../../provider/compose/source/file-contents.js";

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
    await assert.rejects(
      readContents(project, () => assert.fail("it reads no file")),
      {
        code: "unsupported",
        message: new RegExp(`compose\\.yaml:2:.*${section}\\.own: external ${section} exist only in a swarm`),
      },
    );
  });
