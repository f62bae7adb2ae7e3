/** Decrypts secrets of an earlier state by Pulumi itself, because it supports all encryption providers. */
import { K2Error, messageOf } from "../../provider/shared/errors.js";
import { holdsSecrets } from "../../provider/model/stack-state.js";
import { pulumiJson } from "../pulumi/command.js";
import type { Stack } from "../pulumi/stack.js";
import { fullNameOf, withTemporaryBackend } from "../pulumi/temporary-backend.js";

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
  const { version, features, deployment, checkpoint } = document as Document;
  const latest = checkpoint ?? { stack: fullNameOf(stack), latest: deployment };
  const copied = { version, ...(features && { features }), checkpoint: latest };
  const exported = (copy: Stack) => pulumiJson(copy, ["stack", "export", "--show-secrets"], env);
  try {
    return await withTemporaryBackend(stack, env, exported, copied);
  } catch (cause) {
    const { what, hint } = K2Error.is(cause) ? cause : { what: messageOf(cause), hint: undefined };
    throw new K2Error("engine", `cannot decrypt the secrets of that deployment: ${what}`, {
      at: stack.name,
      hint: hint ?? "Use the passphrase or key that they were encrypted with.",
    });
  }
}
