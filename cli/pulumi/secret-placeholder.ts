/** The text in place of a variable that is encrypted in the stack's configuration, until Pulumi decrypts it. */
export function placeholderOf(variable: string): string {
  return `[secret ${variable}]`;
}

export function mentionsSecret(text: string): boolean {
  return text.includes("[secret ");
}
