/** Compose files in pages and examples are valid, and docker compose accepts those without k2's own attributes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { place } from "../../../provider/model/placement/place.js";
import { plan } from "../../../provider/model/plan/plan.js";
import { swarmHosts, withoutSwarmServices } from "../../../provider/model/plan/swarm.js";
import { composeFileIn, isPlainCompose, textOfFile } from "../../support/docs/compose-files.js";
import { blocksOf, files, pages, textOf } from "../../support/docs/pages.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { loaded } from "../../support/model/project.js";

const shownFiles = pages.flatMap(blocksOf).flatMap((block) => {
  const file = composeFileIn(block);
  return file === undefined ? [] : { name: `${block.page}:${block.line}`, text: textOfFile(file) };
});
const examples = files
  .filter((file) => /^examples\/.*compose\.yml$/.test(file))
  .map((file) => ({ name: file, text: textOf(file) }));

describe("a compose file in a page or an example", () => {
  for (const { name, text } of [...shownFiles, ...examples]) {
    it(`must be planned: ${name}`, async () => {
      const project = await loaded(text);
      const placement = place(withoutSwarmServices(project));
      const { nodes } = plan(project, { placement, contents: { configs: {}, secrets: {} } });
      const planned = (kind: string) => nodes.map(({ id }) => id).filter((id) => id.startsWith(`${kind} `));
      const warnings = project.warnings.map(({ message }) => message);
      // The pages name this warning.
      assert.deepEqual(
        warnings.filter((message) => !/^hosts\..* plain tcp:\/\//.test(message)),
        [],
      );
      const services = [...planned("service"), ...planned("swarmService")];
      assert.equal(services.length, Object.keys(project.services).length);
      const used = [...Object.values(placement).flatMap(Object.keys), ...swarmHosts(project)];
      assert.equal(planned("host").length, new Set(used).size);
    });
    if (isPlainCompose(parse(text)))
      it(`must be accepted by docker compose: ${name}`, { skip: composeMissing() }, async () => {
        const result = await dockerCompose(undefined, ["-p", "example", "-f", "-", "config", "--quiet"], {
          cwd: "/",
          input: text,
        });
        assert.deepEqual([result.code, result.stderr], [0, ""]);
      });
  }
});
