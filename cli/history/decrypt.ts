/** Decrypts secrets of an earlier state by Pulumi itself, because it supports all encryption providers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { holdsSecrets } from "../../provider/model/stack-state.js";
import { pulumiJson } from "../pulumi/command.js";
import { pulumiFolderOf, type Stack } from "../pulumi/stack.js";

interface Document {
  version?: number;
  features?: string[];
  deployment?: unknown;
  checkpoint?: unknown;
}

/**
 * Imports the encrypted state into a temporary file backend and exports it with secrets. The clear text passes
 * through a pipe and is not written to disk.
 */
export async function decryptState(
  document: unknown,
  stack: Stack,
  env: NodeJS.ProcessEnv,
): Promise<unknown> {
  if (!holdsSecrets(document)) return document;
  const folder = mkdtempSync(join(tmpdir(), "k2-compose-history-"));
  try {
    const { version, features, deployment, checkpoint } = document as Document;
    const latest = checkpoint ?? {
      stack: `organization/${stack.project}/${stack.name}`,
      latest: deployment,
    };
    const stacks = join(folder, ".pulumi", "stacks", stack.project);
    mkdirSync(stacks, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, ".pulumi", "meta.yaml"), "version: 1\n");
    const file = JSON.stringify({ version, ...(features && { features }), checkpoint: latest });
    writeFileSync(join(stacks, `${stack.name}.json`), file, { mode: 0o600 });
    const { project, name } = stack;
    const copy = { project, name, backend: pathToFileURL(folder).href, folder: pulumiFolderOf(stack, env) };
    return await pulumiJson(copy, ["stack", "export", "--show-secrets"], env);
  } catch (cause) {
    const { what, hint } = K2Error.is(cause) ? cause : { what: messageOf(cause), hint: undefined };
    throw new K2Error("engine", `cannot decrypt the secrets of that deployment: ${what}`, {
      at: stack.name,
      hint: hint ?? "Use the passphrase or key that they were encrypted with.",
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
