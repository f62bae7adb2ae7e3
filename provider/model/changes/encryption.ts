/** Inputs that became secret after they had been deployed: their copies in the outputs must be encrypted as well. */
import { type Reason, reason } from "../reasons.js";

export function lacksEncryption(
  secret: string[] = [],
  { encrypted = [] }: { encrypted?: string[] },
): boolean {
  return secret.some((path) => !encrypted.includes(path));
}

export function toBeEncrypted(subject: string): Reason {
  return reason("encryption", subject, "state will be encrypted");
}
