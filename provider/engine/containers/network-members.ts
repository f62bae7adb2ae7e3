/** The containers of a network, which leave it before it is removed, and join another one. */
import type { Engine } from "../connection/connect.js";
import { type Endpoint, findContainer, type InspectedNetwork } from "../observe/inspect.js";

export interface Member {
  id: string;
  labels: Record<string, string>;
  endpoint: Pick<Endpoint, "Aliases" | "IPAMConfig">;
}

/** With the endpoint settings that a container keeps in the next network. */
export async function membersOf(
  engine: Engine,
  { Name, Containers }: InspectedNetwork,
  signal?: AbortSignal,
): Promise<Member[]> {
  const found = await Promise.all(
    Object.keys(Containers ?? {}).map((id) => findContainer(engine, id, signal)),
  );
  return found.flatMap((container) => {
    if (!container) return [];
    const { Id: id, Config, NetworkSettings } = container;
    const { Aliases, IPAMConfig = null } = NetworkSettings.Networks?.[Name] ?? { Aliases: [] };
    const own = (Aliases ?? []).filter((alias) => !id.startsWith(alias));
    return [{ id, labels: Config.Labels, endpoint: { Aliases: own, IPAMConfig } }];
  });
}

export async function disconnectAll(engine: Engine, network: string, members: Member[]): Promise<void> {
  for (const { id } of members) {
    const body = { Container: id, Force: true };
    await engine.post(`/networks/${network}/disconnect`, { body, ok: [404] });
  }
}

/** A container that is gone meanwhile, or joined already, is left out. */
export async function joinAll(engine: Engine, network: string, members: Member[]): Promise<void> {
  for (const { id, endpoint } of members) await join(engine, network, id, endpoint);
}

async function join(
  engine: Engine,
  network: string,
  container: string,
  { IPAMConfig, ...rest }: Member["endpoint"],
): Promise<void> {
  const connectWith = (wanted: object) =>
    engine.post(`/networks/${network}/connect`, {
      body: { Container: container, EndpointConfig: wanted },
      ok: [404],
    });
  // A static address may be outside the new network: its service then has another address, too.
  await connectWith({ ...rest, IPAMConfig }).catch((error: unknown) => {
    if (IPAMConfig) return connectWith(rest);
    throw error;
  });
}
