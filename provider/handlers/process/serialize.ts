/** Two names of one engine are two resources for one thing: they take turns, and the second finds what the first made. */

const turns = new Map<string, Promise<unknown>>();

/** `key` names the thing within all engines. */
export function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const mine = (turns.get(key) ?? Promise.resolve()).then(work, work);
  turns.set(key, mine);
  return mine;
}
