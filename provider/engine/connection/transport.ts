import type { HostRef } from "../../model/host-ref.js";
import { type Dial, dialer, EngineAgent } from "./dial.js";
import { resolveEndpoint } from "./endpoint.js";
import { type Modem, openModem } from "./docker-modem.js";
import { sshTunnel } from "./ssh-tunnel.js";

/** The connections to one address. */
export interface Transport {
  /** Few, kept and shared. */
  calls: Modem;
  /** One each: a follower on a shared pool would starve the calls behind it. */
  streams: Modem;
  close(): Promise<void>;
}

export async function openTransport(host: HostRef): Promise<Transport> {
  const { dial, close } = await openWay(host);
  const agents = {
    // Idle connections go after 15 s, before firewalls and engines forget them on their own.
    calls: new EngineAgent(dial, { keepAlive: true, maxSockets: 16, maxFreeSockets: 8, timeout: 15_000 }),
    streams: new EngineAgent(dial, { keepAlive: false }),
  };
  return {
    calls: await openModem(agents.calls),
    streams: await openModem(agents.streams),
    close: async () => {
      agents.calls.destroy();
      agents.streams.destroy();
      await close();
    },
  };
}

async function openWay(host: HostRef): Promise<{ dial: Dial; close: () => Promise<void> }> {
  const endpoint = await resolveEndpoint(host);
  return endpoint.kind === "ssh"
    ? sshTunnel(endpoint, host)
    : { dial: dialer(endpoint), close: async () => {} };
}
