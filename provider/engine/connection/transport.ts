import type { HostRef } from "../../model/host-ref.js";
import { type Dial, dialer, EngineAgent } from "./dial.js";
import { resolveEndpoint } from "./endpoint.js";
import { type Modem, openModem } from "./docker-modem.js";
import { sshTunnel } from "./ssh-tunnel.js";
import type { TlsSecrets } from "./tls-material.js";

/** The settings that opening a connection needs, beside the host. */
export interface ConnectionSettings {
  env: Record<string, string | undefined>;
  /** Default: no secrets. */
  tlsSecrets?: TlsSecrets;
}

/** The connections to one address. */
export interface Transport {
  /** A small pool of shared, kept connections. */
  calls: Modem;
  /** One connection each: a follower in the shared pool would block other calls. */
  streams: Modem;
  close(): Promise<void>;
}

export async function openTransport(
  host: HostRef,
  surroundings: ConnectionSettings,
  onDial: (isConnected: boolean) => void,
): Promise<Transport> {
  const { dial: connect, close } = await openWay(host, surroundings);
  const dial = async () => {
    onDial(false);
    const socket = await connect();
    onDial(true);
    return socket;
  };
  const agents = {
    // Idle connections are closed after 15 s, before firewalls and engines drop them.
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

async function openWay(
  host: HostRef,
  { env, tlsSecrets }: ConnectionSettings,
): Promise<{ dial: Dial; close: () => Promise<void> }> {
  const endpoint = await resolveEndpoint(host, env, tlsSecrets);
  return endpoint.kind === "ssh"
    ? sshTunnel(endpoint, host, env)
    : { dial: dialer(endpoint), close: async () => {} };
}
