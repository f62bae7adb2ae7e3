/** What the executor cannot know of a service: how its containers are made, filled, and asked to start and stop. */
import { readFile } from "node:fs/promises";
import type { Service } from "../compose/types.js";
import type { Engine } from "../engine/connect.js";
import { carriedMounts, containerCreate, containerLabels, seccompProfiles } from "../engine/container-options.js";
import { exec } from "../engine/exec.js";
import type { Hands } from "../engine/execute.js";
import { type ContainerFile, filesTar } from "../engine/files.js";
import { inspectImage } from "../engine/image.js";
import { filesOf } from "../engine/service-files.js";
import { waitUntilWell } from "../engine/probe.js";
import { K2Error } from "../errors.js";
import { containersOf, serviceOf } from "../model/desired.js";
import type { ServiceContext, ServiceInputs } from "../model/inputs.js";
import type { ObservedContainer } from "../model/observed.js";
import type { CreateOperation } from "../model/operations.js";
import type { DesiredService } from "../model/reconcile.js";
import { passGate } from "./gates.js";
import type { Call } from "./transport.js";

interface Owner {
  inputs: ServiceInputs;
  engine: Engine;
  call: Call;
  /** Absent where containers only go: at deletion. */
  context?: ServiceContext;
  desired?: DesiredService;
  /** All containers of the project on this engine. */
  seen?: ObservedContainer[];
}

export function serviceHands(owner: Owner): Hands {
  const { inputs, engine, call, context } = owner;
  return {
    gate: (index) => passGate(context!.gates[index]!, call),
    create: (operation) => create(owner, operation),
    beforeStart: (id) => upload(engine, id, filesOf(inputs), call),
    afterStart: (id) => runHooks(engine, id, "post_start", inputs.post_start, call),
    probe: () => passProbe(owner),
    beforeStop: (id) => runHooks(engine, id, "pre_stop", inputs.pre_stop, call),
  };
}

async function passProbe({ inputs, context, call }: Owner): Promise<void> {
  if (!context?.probe) return;
  const at = `${inputs.service}@${inputs.host.name}`;
  await waitUntilWell(context.probe, { signal: call.signal, at, onAttempt: (_, count) => call.progress(`check ${count} of ${at}`) });
}

async function create(owner: Owner, operation: CreateOperation): Promise<string> {
  const { engine, call } = owner;
  const { query, body, connect } = await createCall(owner, operation);
  const { Id } = await engine.post<{ Id: string }>("/containers/create", { query, body, signal: call.signal });
  try {
    for (const { network, body: endpoint } of connect) {
      await engine.post(`/networks/${encodeURIComponent(network)}/connect`, { body: { Container: Id, ...endpoint }, signal: call.signal });
    }
  } catch (error) {
    // Half attached it would look like the right one.
    await engine.delete(`/containers/${Id}`, { query: { force: true }, ok: [404] }).catch(() => undefined);
    throw error;
  }
  return Id;
}

async function createCall(owner: Owner, operation: CreateOperation) {
  const { inputs, engine, call } = owner;
  const [context, desired] = [owner.context!, owner.desired!];
  const service = serviceOf(inputs, context.hashed);
  const { project, service: name } = inputs;
  const labels = containerLabels(service, {
    project,
    service: name,
    number: operation.number,
    configHash: desired.configHash,
    imageId: context.imageId,
    directory: context.workingDir,
    files: context.configFiles,
    stack: context.run.stack,
    ...(desired.filesHash !== undefined && { filesHash: desired.filesHash }),
    ...(operation.replaces !== undefined && { replaces: inputs.container_name ?? `${name}-${operation.number}` }),
  });
  return containerCreate(service, {
    project,
    service: name,
    number: operation.number,
    naming: inputs.naming ?? "compose",
    name: operation.name,
    finalName: operation.finalName,
    image: inputs.image!,
    labels,
    networks: context.networks,
    volumes: context.volumes,
    ...relatives(owner, service),
    carry: await carryOf(owner, service, operation),
    apiVersion: await engine.apiVersion(),
    profiles: await profilesOf(service, call),
  });
}

/** Containers that this one is tied to. */
function relatives({ inputs, context, seen = [] }: Owner, service: Service) {
  const first = Object.entries(context!.shares).flatMap(([name, ids]) => (ids[0] === undefined ? [] : [[name, ids[0]]]));
  const linked = (service.links ?? []).map((link) => link.split(":")[0]!);
  const names = (name: string) => containersOf(seen, inputs.project, name).map((container) => container.name);
  return {
    containers: Object.fromEntries(first) as Record<string, string>,
    linked: Object.fromEntries(linked.map((name) => [name, names(name)])),
  };
}

async function carryOf({ inputs, engine, seen = [], context, call }: Owner, service: Service, { replaces }: CreateOperation) {
  const old = seen.find(({ id }) => id === replaces);
  if (!old || context!.run.renewAnonymousVolumes) return [];
  const image = await inspectImage(engine, inputs.image!, call.signal);
  return carriedMounts(old.mounts, image?.volumes ?? [], service);
}

/** Seccomp profiles are files of the operator's machine; the engine wants their content. */
async function profilesOf(service: Service, _call: Call): Promise<Record<string, string>> {
  const profiles: Record<string, string> = {};
  for (const path of seccompProfiles(service.security_opt ?? [])) profiles[path] = await readFile(path, "utf8");
  return profiles;
}

async function upload(engine: Engine, id: string, files: ContainerFile[], call: Call): Promise<void> {
  if (files.length === 0) return;
  const headers = { "content-type": "application/x-tar" };
  await engine.put(`/containers/${id}/archive`, { query: { path: "/" }, raw: await filesTar(files), headers, signal: call.signal });
}

async function runHooks(engine: Engine, id: string, kind: string, hooks: Service["post_start"], call: Call): Promise<void> {
  for (const hook of hooks ?? []) {
    call.progress(`${kind}: ${hook.command.join(" ")}`);
    const { exitCode, output } = await exec(engine, id, hook, call.signal);
    if (exitCode === 0) continue;
    throw new K2Error("unhealthy", `${kind} hook "${hook.command.join(" ")}" ended with ${exitCode}`, {
      at: engine.host.name,
      ...(output.trim() && { hint: output.trim().split("\n").slice(-10).join("\n    ") }),
    });
  }
}
