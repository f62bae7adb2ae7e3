/** Work on one thing, one after another: the second finds what the first has created. */
export class KeyedQueue {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Starts once all earlier work under the key has ended, however it ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.last.get(key) ?? Promise.resolve()).then(work, work);
    this.last.set(key, mine);
    return mine;
  }
}
