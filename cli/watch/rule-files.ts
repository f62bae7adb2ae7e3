import { statSync } from "node:fs";
import { join } from "node:path";
import { listFolder } from "../../provider/engine/files/list-folder.js";
import { type Rule, within } from "./rules.js";

/** All that a rule would sync, as paths below its own. */
export async function filesOf(rule: Rule): Promise<string[]> {
  if (!statSync(rule.path).isDirectory()) return [""];
  const entries = await listFolder(rule.path);
  return entries
    .filter(({ kind }) => kind !== "folder")
    .flatMap(({ path }) => within(rule, join(rule.path, path)) ?? []);
}
