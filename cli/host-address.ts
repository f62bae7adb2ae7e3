/** A host's address as people write it: `10.0.0.5:2375` for tcp://10.0.0.5:2375. */
export function shownAddress(address: string): string {
  return address.replace(/^tcp:\/\//, "");
}
