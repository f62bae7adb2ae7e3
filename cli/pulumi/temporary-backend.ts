/** A file backend with one stack, for commands of Pulumi that need the stack's encryption and not its state. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pulumiFolderOf, type Stack } from "./stack.js";

interface Checkpoint {
  version?: number | undefined;
  features?: string[];
  checkpoint: unknown;
}

/** `checkpoint`: the state; default: that of a stack without resources. */
export async function withTemporaryBackend<T>(
  stack: Stack,
  env: NodeJS.ProcessEnv,
  work: (copy: Stack) => Promise<T>,
  checkpoint: Checkpoint = { version: 3, checkpoint: { stack: fullNameOf(stack) } },
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "k2-compose-backend-"));
  try {
    const stacks = join(folder, ".pulumi", "stacks", stack.project);
    mkdirSync(stacks, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, ".pulumi", "meta.yaml"), "version: 1\n");
    writeFileSync(join(stacks, `${stack.name}.json`), JSON.stringify(checkpoint), { mode: 0o600 });
    const { project, name } = stack;
    const backend = pathToFileURL(folder).href;
    return await work({ project, name, backend, folder: pulumiFolderOf(stack, env) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The name of a stack in a file backend. */
export function fullNameOf({ project, name }: Pick<Stack, "project" | "name">): string {
  return `organization/${project}/${name}`;
}
