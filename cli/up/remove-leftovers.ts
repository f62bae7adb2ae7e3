/** Removes what `down` finds by labels: projects deployed by docker compose, orphans, and images. */
import type { Project } from "../../provider/compose/types.js";
import type { Engine } from "../../provider/engine/connection/connect.js";
import { leftFiles } from "../../provider/engine/files/leftover-volumes.js";
import { K2Error } from "../../provider/shared/errors.js";
import { KeyedQueue } from "../../provider/shared/keyed-queue.js";
import type { HostRef } from "../../provider/model/kinds.js";
import { label } from "../../provider/model/labels.js";
import type { ObservedContainer, ObservedNetwork, ObservedVolume } from "../../provider/model/observed.js";
import { imageNamed } from "../../provider/model/images/find-image.js";
import { readState } from "../../provider/model/stack-state.js";
import { isForeign } from "../../provider/model/ownership.js";
import { type Sweep, sweepOf } from "../../provider/model/changes/sweep.js";
import type { Member } from "../application/application.js";
import type { Context } from "../application/context.js";

interface Wanted {
  volumes?: boolean;
  removeOrphans?: boolean;
  stopTimeout?: number;
}

/** Returns lines on what was removed, or why not. Resources of other stacks are left alone. */
export async function removeLabelled(context: Context, wanted: Wanted): Promise<string[]> {
  const { name, hosts, members, project } = await context.application();
  const services = new Set(members.map(({ service }) => service));
  const state = await context.state();
  // An earlier `down` leaves a state without services: docker compose may have deployed the project since.
  const isDeployed = state !== undefined && state.services.length > 0;
  // If only the project's name is known, nothing counts as an orphan, as in docker compose's `down -p NAME`.
  const isOurs = (service: string) => (project === undefined ? !isDeployed : services.has(service));
  const sweep = await sweepFor(context);
  const onHost = async (host: HostRef): Promise<string[]> => {
    const lines: string[] = [];
    const seen = await snapshotOrWarn(host, context);
    if (!seen) return lines;
    const engine = await context.engine(host);
    const isHere = (thing: ObservedContainer | ObservedNetwork) =>
      sweep.isOurs(thing) && (isFree(thing.labels) || state !== undefined);
    // Pulumi has removed the services in the state. Remaining resources of this stack come from a killed run; those
    // without a stack come from docker compose.
    const goes = ({ labels }: ObservedContainer) =>
      !isFree(labels) || wanted.removeOrphans || isOurs(labels[label.service] ?? "");
    for (const container of seen.containers.filter(isHere).filter(goes))
      lines.push(await removeContainer(engine, container, wanted));
    if (wanted.volumes) lines.push(...(await removeVolumes(engine, seen.volumes, sweep)));
    for (const volume of await leftFiles(engine, { project: name }, context.signal))
      lines.push(await remove(engine, `/volumes/${volume}`, `volume ${volume}`));
    const networks = seen.networks.filter(
      (network) => isHere(network) && sweep.takesNetwork(network) && (!isDeployed || !isFree(network.labels)),
    );
    for (const { id, name: network } of networks)
      lines.push(await remove(engine, `/networks/${id}`, `network ${network}`));
    return lines;
  };
  // Two names of one engine have the same resources.
  const queue = new KeyedQueue();
  const used = hosts.filter((one) => !isUnused(one, project, members));
  return (await Promise.all(used.map((host) => queue.run(host.address, () => onHost(host))))).flat();
}

/** Removes resources with the project's label unless another stack owns them. */
export async function removeOrphans(context: Context): Promise<void> {
  const { services, application } = await context.live();
  if (application.members.length === 0) return;
  const own = await context.claimant();
  for (const { host, containers } of services.filter(({ orphan }) => orphan))
    for (const container of containers.filter(({ labels }) => !isForeign(labels, own)))
      context.out.note(await removeContainer(await context.engine(host), container, {}));
}

/** The default host may not even exist, if no file names it and nothing is deployed there. */
function isUnused({ name }: HostRef, project: Project | undefined, members: Member[]): boolean {
  return (
    project?.implicit_default === true &&
    name === project.default_host &&
    !members.some(({ host }) => host.name === name)
  );
}

async function sweepFor(context: Context): Promise<Sweep> {
  const { name, project } = await context.application();
  const document = await context.document();
  const state = document === undefined ? undefined : readState(document);
  return sweepOf({ name, project, state, stack: await context.ownLabel() });
}

/** Volumes that an earlier `down` has kept are no longer in the state. */
async function removeVolumes(engine: Engine, volumes: ObservedVolume[], sweep: Sweep): Promise<string[]> {
  const { host } = engine;
  const lines = [];
  for (const volume of volumes) {
    const { name } = volume;
    if (sweep.takesVolume(host.name, volume))
      lines.push(await remove(engine, `/volumes/${name}`, `volume ${name}`));
    else if (sweep.leavesVolume(host.name, volume))
      lines.push(`${host.name}: volume ${name} is kept: the compose file does not define it for this host`);
  }
  return lines;
}

/** `local`: images built for a service without a custom tag. */
export async function removeImages(context: Context, which: "local" | "all"): Promise<string[]> {
  const { name, hosts, members } = await context.application();
  const lines: string[] = [];
  for (const host of hosts) {
    const seen = await snapshotOrWarn(host, context);
    for (const { service, definition, deployed } of members.filter(
      (member) => member.host.name === host.name,
    )) {
      const image = definition?.image ?? deployed?.inputs.image;
      const isLocal = definition ? !definition.image : image === `${name}-${service}`;
      const there =
        image !== undefined && (which === "all" || isLocal) && seen && imageNamed(seen.images, image);
      if (there) lines.push(await remove(await context.engine(host), `/images/${image}`, `image ${image}`));
    }
  }
  return [...new Set(lines)];
}

async function snapshotOrWarn(host: HostRef, context: Context) {
  try {
    return await (await context.session()).snapshot(host, context.signal);
  } catch (error) {
    context.out.warn(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** Resources that docker compose or a user has created; those of a stack are removed with it. */
function isFree(labels: Record<string, string>): boolean {
  return labels[label.stack] === undefined;
}

async function removeContainer(
  engine: Engine,
  { id, name, state }: ObservedContainer,
  { stopTimeout, volumes }: Wanted,
): Promise<string> {
  if (state === "running")
    await engine.post(`/containers/${id}/stop`, {
      query: { t: stopTimeout },
      ok: [304, 404],
      timeout: 24 * 3600_000,
    });
  await engine.delete(`/containers/${id}`, { query: { force: true, v: volumes ?? false }, ok: [404] });
  return `${engine.host.name}: container ${name} removed`;
}

/** A resource in use is not an error: docker compose reports it and continues. */
async function remove(engine: Engine, path: string, what: string): Promise<string> {
  try {
    await engine.delete(path, { ok: [404] });
    return `${engine.host.name}: ${what} removed`;
  } catch (error) {
    if (!K2Error.is(error) || error.code === "unreachable") throw error;
    return `${engine.host.name}: ${what} is kept: ${error.what}`;
  }
}
