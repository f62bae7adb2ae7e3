/**
 * Rendezvous hashing: each service prefers hosts in an order of its own. When a host comes or goes, only the services
 * that prefer it are affected.
 */
export function preference(service: string, host: string): number {
  // FNV-1a, then murmur3's finish: without it names that differ in their last letter alone would agree on their hosts.
  let hash = 0x811c9dc5;
  for (const char of `${service}@${host}`) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
