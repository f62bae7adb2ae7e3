/** Which values count as secret by their names. */

/** Returns whether values of this name are usually secret: an environment variable, a build argument, an option. */
export function soundsSecret(name: string): boolean {
  return /passw|secret|token|credential|api_?key|private_?key/i.test(name);
}

/**
 * `k2-compose:encrypt`: which inputs Pulumi encrypts in state, besides contents of `secrets:` and values that its
 * configuration encrypts.
 */
export const encryptChoices = ["likely", "all", "none"] as const;

export type Encrypt = (typeof encryptChoices)[number];

export interface SecretRule {
  /** Default: likely. */
  encrypt?: Encrypt | undefined;
  /** Names that are secret however they sound. */
  names?: readonly string[] | undefined;
}
