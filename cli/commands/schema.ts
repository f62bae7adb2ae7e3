import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { editorSchema } from "../../provider/compose/output/editor-schema.js";
import { defineCommand } from "../command.js";

interface Options {
  output?: string;
}

export default defineCommand<Options>({
  options: [{ flags: "-o, --output <file>", does: "Save to file" }],
  details:
    "To use it in an editor, add this first line to the compose file: # yaml-language-server:\n" +
    "$schema=./k2-compose.schema.json",
  examples: [["schema -o k2-compose.schema.json", "write the schema for an editor"]],

  run: async ({ cwd, out }, { options: { output } }) => {
    if (output === undefined) return out.json(editorSchema());
    await writeFile(resolve(cwd, output), `${JSON.stringify(editorSchema(), undefined, 2)}\n`);
  },
});
