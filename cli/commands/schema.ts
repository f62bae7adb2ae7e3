import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { editorSchema } from "../../provider/compose/output/editor-schema.js";
import { defineCommand } from "../command.js";

interface Options {
  output?: string;
}

export default defineCommand<Options>({
  options: [{ flags: "-o, --output <file>", does: "Write into a file" }],
  details:
    "Point an editor at it by a first line in the compose file: # yaml-language-server: $schema=./k2-compose.schema.json",
  examples: [["schema -o k2-compose.schema.json", "for an editor"]],

  run: async ({ cwd, out }, { options: { output } }) => {
    if (output === undefined) return out.json(editorSchema());
    await writeFile(resolve(cwd, output), `${JSON.stringify(editorSchema(), undefined, 2)}\n`);
  },
});
