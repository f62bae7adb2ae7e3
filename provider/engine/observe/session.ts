import type { HostSnapshot } from "../../model/observed.js";
import { Connections, type Engine, type HostRef, type ConnectionSettings } from "../connection/connect.js";
import { untilAborted } from "../connection/deadline.js";
import { newIdentity, snapshot } from "./snapshot.js";

/** The engines of one run: its connections, its TLS secrets, and one snapshot of each host. */
export class Session {
  private readonly connections: Connections;
  private readonly snapshots = new Map<string, Promise<HostSnapshot>>();
  private closing = new AbortController();

  constructor(surroundings: ConnectionSettings) {
    this.connections = new Connections(surroundings);
  }

  /** Opens nothing: the engine's first call does. */
  engine(host: HostRef): Engine {
    return this.connections.engine(host);
  }

  /**
   * One snapshot a host until `forget`, a failure included: a dead host costs its deadline once. The signal ends the
   * waiting of its caller only, since others wait for the same snapshot.
   */
  snapshot(host: HostRef, signal?: AbortSignal): Promise<HostSnapshot> {
    const key = JSON.stringify([host.name, host.address, host.tls, host.api_version]);
    let seen = this.snapshots.get(key);
    if (seen === undefined) {
      seen = snapshot(this.engine(host), { signal: this.closing.signal });
      this.snapshots.set(key, seen);
      const { signal: closing } = this.closing;
      // A caller may start a snapshot before anything awaits it. A closed session has not failed to reach the host.
      seen.catch(() => closing.aborted && this.snapshots.delete(key));
    }
    return signal === undefined ? seen : untilAborted(signal, seen);
  }

  /** Makes the next snapshots show what has changed since. */
  forget(): void {
    this.snapshots.clear();
    this.connections.forget(newIdentity);
  }

  /** Ends the connections. A later call opens new ones; snapshots stay. */
  async close(): Promise<void> {
    this.closing.abort(new Error("the session was closed"));
    this.closing = new AbortController();
    await this.connections.close();
  }
}
