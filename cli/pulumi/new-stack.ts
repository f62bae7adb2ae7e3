/** Creates an empty stack in the folder of Pulumi's file backend. `pulumi stack select --create` takes a third of a second. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../../provider/shared/write-file.js";
import { namesIn, readIfAny } from "./files.js";
import { type Stack, stacksFolder, stateFolder } from "./stack.js";

/** The layout of the folder, in which states are below their projects: what Pulumi writes into an empty one. */
const layout = "version: 1\n";

/** An existing stack stays. False where Pulumi must create the stack. The next run adds the salt of its encryption. */
export function createStackFile(stack: Stack, env: NodeJS.ProcessEnv): boolean {
  const { backend, project, name } = stack;
  const root = stateFolder(backend, env);
  const folder = stacksFolder(backend, project, env);
  if (root === undefined || folder === undefined || !/^[\w.-]{1,100}$/.test(name)) return false;
  if (env.PULUMI_DIY_BACKEND_GZIP) return false;
  const meta = join(root, "meta.yaml");
  const version = readIfAny(meta)?.toString("utf8");
  const isNew = version === undefined && namesIn(root).length === 0;
  if (!isNew && version !== layout) return false;
  mkdirSync(folder, { recursive: true });
  if (isNew) writeWhole(meta, layout, { keep: true });
  const empty = { version: 3, checkpoint: { stack: `organization/${project}/${name}` } };
  writeWhole(join(folder, `${name}.json`), JSON.stringify(empty), { keep: true });
  return true;
}
