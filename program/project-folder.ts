import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { getProject } from "@pulumi/pulumi/metadata.js";
import { parse } from "yaml";

/** The folder of the running project's Pulumi.yaml; `main:` may have set the working folder below it. */
export async function projectFolder(start: string): Promise<string> {
  for (let folder = start; ; folder = dirname(folder)) {
    for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
      const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
      if (text !== undefined && (parse(text) as { name?: string } | null)?.name === getProject())
        return folder;
    }
    if (dirname(folder) === folder) return start;
  }
}
