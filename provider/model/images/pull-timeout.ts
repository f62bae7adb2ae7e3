/** Services with one image share its pull, so the longest `pull_timeout` applies; undefined if none is set. */
export function longest(timeouts: (number | undefined)[]): number | undefined {
  const set = timeouts.filter((timeout) => timeout !== undefined);
  return set.length === 0 ? undefined : Math.max(...set);
}
