/**
 * Rendezvous hashing: each service has its own order of hosts. When a host is added or removed, only the services that
 * prefer it move.
 */
export function preference(service: string, host: string): number {
  // FNV-1a with murmur3's finalizer: without it, names that differ only in their last letter would prefer the same hosts.
  let hash = 0x811c9dc5;
  for (const char of `${service}@${host}`) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
