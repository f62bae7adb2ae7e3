/**
 * The providers of a stack's resources (`k2-compose/handlers`). FROZEN PATH: every state of a stack contains it.
 */
import { type Kind, kindOf, outputNames, type ResourceKind, resourceKinds } from "../model/kinds.js";
import { Cancellation } from "./pulumi/cancel.js";
import { healthCheck } from "./health-check.js";
import { hostImage } from "./image/host-image.js";
import { host } from "./host.js";
import { imageTag } from "./image/image-tag.js";
import { image } from "./image/image.js";
import { network } from "./network.js";
import { service } from "./service/service.js";
import { driftOf } from "./process/gather.js";
import type { HandlerOf } from "./process/handler.js";
import { RunMemory } from "./process/run-memory.js";
import { EventLog } from "./pulumi/log.js";
import { type ConfigureRequest, tlsSecretsIn } from "./pulumi/tls-secrets.js";
import { swarm, swarmConfig, swarmNode, swarmSecret, swarmService } from "./swarm-handlers.js";
import { adapt } from "./pulumi/adapter.js";
import { volume } from "./volume.js";

/** A process serves one run. A provider that Pulumi starts gets the engine's address as its argument. */
const run = {
  memory: new RunMemory(process.env),
  cancellation: new Cancellation(),
  log: new EventLog(process.argv[2]),
};

const handlers: { [K in Kind]: HandlerOf<K> } = {
  host,
  network,
  volume,
  image,
  hostImage,
  service,
  healthCheck,
  imageTag,
  swarm,
  swarmNode,
  swarmConfig,
  swarmSecret,
  swarmService,
};

const adapted = {
  host: adaptedOf("host"),
  network: adaptedOf("network"),
  volume: adaptedOf("volume"),
  image: adaptedOf("image"),
  hostImage: adaptedOf("hostImage"),
  service: adaptedOf("service"),
  healthCheck: adaptedOf("healthCheck"),
  imageTag: adaptedOf("imageTag"),
  swarm: adaptedOf("swarm"),
  swarmNode: adaptedOf("swarmNode"),
  swarmConfig: adaptedOf("swarmConfig"),
  swarmSecret: adaptedOf("swarmSecret"),
  swarmService: adaptedOf("swarmService"),
};

function adaptedOf<K extends Kind>(kind: K) {
  const handler: HandlerOf<K> = handlers[kind];
  const drift: HandlerOf<K>["drift"] = (inputs, context, outputs, call) =>
    driftOf(kind, { inputs, context, outputs }, call);
  return adapt(resourceKinds[kind], { drift, ...handler }, run, run.memory.contexts[kind]);
}

/** What `runtime/` calls, which Pulumi attaches to and whose server hears Pulumi's "cancel". */
const runtime = {
  attach(address: string) {
    run.log.connectTo(address);
    run.cancellation.isCalled = true;
  },
  cancel: () => run.cancellation.cancel(),
};

/**
 * Called before a kind's first call. It must return at once: the SDK lets calls that come at the same time pass while it
 * waits for a promise.
 */
function configure(request: ConfigureRequest): void {
  run.memory.readTlsSecretsFrom(() => tlsSecretsIn(request));
  run.cancellation.listen();
}

/** Called by the stub in a resource's state. */
export function provider(kind: ResourceKind): object {
  if (!Object.hasOwn(outputNames, kind))
    throw new Error(`this version of k2-compose has no resource "${kind}": upgrade it`);
  return { ...byInputs(kind), configure, runtime };
}

/** Images of hosts and of the stack are one kind to Pulumi, and are distinguished by their inputs. */
function byInputs(resource: ResourceKind) {
  type Bag = Record<string, unknown>;
  const pick = (bag: Bag | undefined) => adapted[kindOf(resource, bag ?? {})];
  return {
    check: (olds: Bag, news: Bag) => pick(news).check(olds, news),
    diff: (id: string, olds: Bag, news: Bag) => pick(news).diff(id, olds, news),
    create: (bag: Bag) => pick(bag).create(bag),
    update: (id: string, olds: Bag, bag: Bag) => pick(bag).update(id, olds, bag),
    read: (id: string, props: Bag) => pick(props).read(id, props),
    delete: (id: string, props: Bag) => pick(props).delete(id, props),
  };
}
