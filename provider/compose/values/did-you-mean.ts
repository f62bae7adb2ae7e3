/** "did you mean" */

/** Returns the known word that is nearest to `written`, if it is near enough for a typing error. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (known.length > 1000 || written.length > 200) return undefined;
  const lower = written.toLowerCase();
  const limit = Math.max(1, Math.floor(lower.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const word of known) {
    // "env" for env_file, "alias" for aliases.
    if (lower.length > 2 && word.startsWith(lower) && best === undefined)
      [best, bestDistance] = [word, limit];
    const distance = editDistance(lower, word.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

export function didYouMean(written: string, known: readonly string[]): string {
  const word = nearest(written, known);
  return word === undefined ? "" : `; did you mean "${word}"?`;
}

/** Counts insertions, deletions, replacements and swaps of neighbours, up to `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (current[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (current[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    [before, current] = [current, next];
  }
  return current[b.length] ?? limit;
}
