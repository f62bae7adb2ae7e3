import type { BedHost } from "./bed-engine.js";
import { engine } from "./http-engine.js";

/** Joins engines of the bed to a swarm. */
export async function formSwarm(manager: BedHost, workers: BedHost[]): Promise<void> {
  const listen = (host: BedHost) => ({ ListenAddr: `${host.ip}:2377`, AdvertiseAddr: host.ip });
  await engine(manager, "POST", "/swarm/init", listen(manager));
  const { JoinTokens } = await engine<{ JoinTokens: { Worker: string } }>(manager, "GET", "/swarm");
  for (const worker of workers) {
    await engine(worker, "POST", "/swarm/join", {
      ...listen(worker),
      RemoteAddrs: [`${manager.ip}:2377`],
      JoinToken: JoinTokens.Worker,
    });
  }
}

export async function leaveSwarm(host: BedHost): Promise<void> {
  await engine(host, "POST", "/swarm/leave?force=1").catch(() => undefined);
}
