/**
 * Values that a session keeps of one engine: shared pulls, slots, the engine's id. The function that makes a value is its key,
 * so that the file that needs the value defines it, and no map of one session outlives it at module level.
 */
export class EngineMemory {
  private readonly values = new Map<() => unknown, unknown>();

  /** Makes the value on its first use. */
  of<T>(make: () => T): T {
    if (!this.values.has(make)) this.values.set(make, make());
    return this.values.get(make) as T;
  }

  drop(make: () => unknown): void {
    this.values.delete(make);
  }
}
