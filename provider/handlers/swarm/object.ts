import { randomBytes } from "node:crypto";
import { createObject, removeObject, updateObject } from "../../engine/swarm/change.js";
import type { Engine } from "../../engine/connection/connect.js";
import { askManager } from "../../engine/swarm/observe.js";
import { K2Error } from "../../shared/errors.js";
import { isForeign } from "../../model/ownership.js";
import {
  type HostRef,
  type SwarmContext,
  type SwarmObjectInputs,
  type SwarmObjectOutputs,
  stateSchema,
} from "../../model/kinds.js";
import { leftOver, objectChanges } from "../../model/swarm/drift/object.js";
import { dataIn, type ObjectKind, type ObjectPlan, usersOf } from "../../model/swarm/objects.js";
import type { ManagersAnswer } from "../../model/swarm/observation.js";
import { swarmLabel } from "../../model/swarm/swarm-labels.js";
import { type Call, type HandlerWork, outputsIn } from "../process/handler.js";
import { hostsToAsk, managerOf, observedSwarm } from "../process/swarm.js";
import { retried } from "./cluster-operations.js";

export const swarmConfig = objectHandler("configs", "swarmConfig");
export const swarmSecret = objectHandler("secrets", "swarmSecret");

const words = { configs: "config", secrets: "secret" } as const;

/** A content is an object that cannot change: another content is another object, to which services are updated. */
function objectHandler<K extends "swarmConfig" | "swarmSecret">(
  list: ObjectKind,
  kind: K,
): HandlerWork<"swarmConfig"> {
  return {
    async create(inputs, context, call) {
      const outputs = await retried(() => provide(list, inputs, context, {}, call));
      return { id: `${inputs.project}/${inputs.key}`, outputs };
    },

    update: (inputs, context, state, call) => retried(() => provide(list, inputs, context, state, call)),

    async read(state, call) {
      const outputs = outputsIn(kind, state);
      const { known } = await observedSwarm({ hosts: state.managers, clusterId: state.clusterId }, call);
      if (!known || known[list].some(({ id }) => id === state.objectId)) return { inputs: {}, outputs };
      return undefined;
    },

    async delete(state, call) {
      if (state.external) return;
      const { engine, answer } = await ask(state.managers, state.clusterId, call);
      for (const object of answer[list]) {
        const { labels } = object;
        const isOfKey = labels[swarmLabel.of] === state.key && labels[swarmLabel.namespace] === state.project;
        if (object.id !== state.objectId && (!isOfKey || isForeign(labels, { stack: state.stack }))) continue;
        const users = usersOf(object, answer.services).filter(({ by }) => by === "service");
        if (users.length === 0) await removeObject(engine, list, object.id, call.signal);
        else {
          const names = users.map(({ service }) => service).join(", ");
          await call.warn(`${words[list]} ${object.name} is kept: ${names} uses it`);
        }
      }
    },
  };
}

async function ask(
  hosts: HostRef[],
  clusterId: string | undefined,
  call: Call,
): Promise<{ engine: Engine; answer: ManagersAnswer }> {
  const engine = await managerOf({ hosts, clusterId }, call);
  return { engine, answer: await askManager(engine.host, engine, call.signal) };
}

async function provide(
  list: ObjectKind,
  inputs: SwarmObjectInputs,
  context: SwarmContext,
  outputs: Partial<SwarmObjectOutputs>,
  call: Call,
): Promise<SwarmObjectOutputs> {
  const { engine, answer } = await ask(hostsToAsk(context, outputs), outputs.clusterId, call);
  const common = {
    ...{ schema: stateSchema, stack: context.run.stack, clusterId: answer.cluster.id },
    managers: context.managers,
  };
  if (inputs.external) return { ...common, ...externalObject(list, inputs, answer) };
  const resource = { inputs, context, outputs };
  const plan = objectChanges(list, resource, answer, randomBytes(16).toString("hex"));
  const { id, name, digest } = await apply(list, resource, plan, answer, engine, call);
  for (const old of leftOver(list, { inputs, outputs: { objectId: id } }, answer))
    await removeObject(engine, list, old.id, call.signal);
  return {
    ...common,
    objectId: id,
    objectName: name,
    ...(digest !== undefined && { contentDigest: digest }),
  };
}

function externalObject(list: ObjectKind, { key, name = key }: SwarmObjectInputs, answer: ManagersAnswer) {
  const found = answer[list].find((object) => object.name === name);
  if (found) return { objectId: found.id, objectName: found.name };
  throw new K2Error("not-found", `${words[list]} ${name} is external, and does not exist`, {
    at: answer.manager.name,
    hint: `Create it: docker ${words[list]} create ${name} FILE`,
  });
}

async function apply(
  list: ObjectKind,
  { inputs }: { inputs: SwarmObjectInputs },
  plan: ObjectPlan,
  answer: ManagersAnswer,
  engine: Engine,
  { signal }: Call,
): Promise<{ id: string; name: string; digest: string | undefined }> {
  if (plan.op === "refuse") throw refusal(list, plan);
  if (plan.update) await updateObject(engine, list, plan.update, signal);
  if (plan.op === "use") {
    const found = answer[list].find(({ id }) => id === plan.id);
    const labels = plan.update?.labels ?? found?.labels;
    return { id: plan.id, name: plan.name, digest: labels?.[swarmLabel.digest] };
  }
  const { name, labels } = plan;
  const data = dataIn(inputs);
  const id = await createObject(engine, list, { name, labels, data }, signal);
  return { id, name, digest: labels[swarmLabel.digest] };
}

function refusal(list: ObjectKind, { code, name }: Extract<ObjectPlan, { op: "refuse" }>): K2Error {
  return code === "foreign"
    ? new K2Error("conflict", `${words[list]} ${name} exists, and does not belong to this stack`, {
        hint: "Give it another name, or take it over with --take-over.",
      })
    : new K2Error("conflict", `${words[list]} ${name} has another content, and a swarm does not change it`, {
        hint: "Remove `name` from the file: k2-compose then gives each content a name of its own.",
      });
}
