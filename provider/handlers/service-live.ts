/** Refresh: how the containers that are there differ from what was asked for, in the words of the compose file. */
import type { Service } from "../compose/types.js";
import { connect } from "../engine/connect.js";
import { bytes, nanoCpus } from "../engine/options/quantity.js";
import { restartPolicy } from "../engine/options/restart.js";
import type { ServiceInputs, ServiceOutputs } from "../model/inputs.js";
import { label } from "../model/labels.js";
import type { ObservedContainer } from "../model/observed.js";
import type { Call } from "./transport.js";

interface Inspected {
  Config: { Env: string[] | null; Image: string };
  HostConfig: {
    Memory: number;
    NanoCpus: number;
    RestartPolicy: { Name: string; MaximumRetryCount: number };
  };
}

/** Only what the user set is compared, and only what differs is returned. */
export async function liveInputs(
  state: ServiceInputs & ServiceOutputs,
  there: ObservedContainer[],
  call: Call,
): Promise<Partial<ServiceInputs>> {
  const live: Partial<ServiceInputs> = {};
  if (there.length !== state.replicas) live.replicas = there.length;
  for (const container of there) {
    const inspected = await inspect(state, container, call);
    // An image made by hand under the same labels: its name is the telling part.
    const { Image } = inspected.Config;
    if (container.labels[label.image] !== state.last.imageId && Image !== state.image) live.image = Image;
    Object.assign(live, altered(state, inspected));
  }
  return live;
}

/** The containers, with what `docker update` or a hand made different though their labels say nothing of it. */
export async function withAlterations(
  inputs: ServiceInputs,
  there: ObservedContainer[],
  call: Call,
): Promise<ObservedContainer[]> {
  return Promise.all(
    there.map(async (container) => {
      const keys = Object.keys(altered(inputs, await inspect(inputs, container, call)));
      return keys.length === 0 ? container : { ...container, altered: keys };
    }),
  );
}

function inspect({ host }: ServiceInputs, { id }: ObservedContainer, { signal }: Call): Promise<Inspected> {
  return connect(host).get<Inspected>(`/containers/${id}/json`, { signal });
}

function altered(inputs: ServiceInputs, { Config, HostConfig }: Inspected): Partial<ServiceInputs> {
  const { Memory, NanoCpus, RestartPolicy } = HostConfig;
  const found: Partial<ServiceInputs> = {};
  const environment = changedEnvironment(inputs, Config.Env ?? []);
  if (environment) found.environment = environment;
  const limits = inputs.deploy?.resources?.limits;
  if (inputs.mem_limit !== undefined && !limits?.memory && Number(bytes(inputs.mem_limit)) !== Memory)
    found.mem_limit = String(Memory);
  if (inputs.cpus !== undefined && !limits?.cpus && nanoCpus(inputs.cpus) !== NanoCpus)
    found.cpus = NanoCpus / 1e9;
  if (inputs.restart !== undefined && !inputs.deploy?.restart_policy) {
    const wanted = restartPolicy(inputs.restart) as Inspected["HostConfig"]["RestartPolicy"];
    if ((wanted.Name || "no") !== (RestartPolicy.Name || "no")) found.restart = RestartPolicy.Name || "no";
  }
  return found;
}

/** Variables of the file whose values differ in the container; the image's own are none of ours. */
function changedEnvironment(state: ServiceInputs, env: string[]): Service["environment"] | undefined {
  if (!state.environment) return undefined;
  const values = new Map(
    env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
  const wrong = Object.entries(state.environment).filter(
    ([name, value]) => value !== null && values.get(name) !== value,
  );
  if (wrong.length === 0) return undefined;
  return {
    ...state.environment,
    ...Object.fromEntries(wrong.map(([name]) => [name, values.get(name) ?? null])),
  };
}
