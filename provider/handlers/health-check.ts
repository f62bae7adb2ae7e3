import { waitUntilWell } from "../engine/containers/probe.js";
import {
  type HealthCheckContext,
  type HealthCheckInputs,
  type HealthCheckOutputs,
  stateSchema,
} from "../model/kinds.js";
import type { Call, HandlerOf } from "./process/handler.js";

/** k2's probe from outside the container: dependents of the service wait for it. */
export const healthCheck: HandlerOf<"healthCheck"> = {
  identity: ({ project, service, host }) => `${project} ${service}@${host.name}`,

  async create(inputs, context, call) {
    return {
      id: `${inputs.project}/${inputs.service}@${inputs.host.name}`,
      outputs: await pass(inputs, context, call),
    };
  },

  async update(inputs, context, _state, call) {
    return pass(inputs, context, call);
  },

  // Refresh keeps the last state: the health of a service is checked when a dependent needs it, not stored.
};

async function pass(
  inputs: HealthCheckInputs,
  context: HealthCheckContext,
  call: Call,
): Promise<HealthCheckOutputs> {
  const { env } = call.session.engine(inputs.host);
  const at = `${inputs.service}@${inputs.host.name}`;
  const onAttempt = (attempt: { reason: string }, count: number) => {
    if (attempt.reason)
      call.progress({ op: "check", host: inputs.host.name, text: `check ${count}: ${attempt.reason}` });
  };
  const { ms } = await waitUntilWell(inputs, { env, signal: call.signal, at, onAttempt });
  return {
    schema: stateSchema,
    stack: context.run.stack,
    revision: context.revision,
    milliseconds: Math.round(ms),
  };
}
