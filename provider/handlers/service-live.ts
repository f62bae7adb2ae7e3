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
  const engine = connect(state.host);
  const live: Partial<ServiceInputs> = {};
  if (there.length !== state.replicas) live.replicas = there.length;
  for (const container of there) {
    const inspected = await engine.get<Inspected>(`/containers/${container.id}/json`, { signal: call.signal });
    overlay(live, state, container, inspected);
  }
  return live;
}

function overlay(live: Partial<ServiceInputs>, state: ServiceInputs & ServiceOutputs, container: ObservedContainer, { Config, HostConfig }: Inspected): void {
  const { Memory, NanoCpus, RestartPolicy } = HostConfig;
  // An image made by hand under the same labels: its name is the telling part.
  if (container.labels[label.image] !== state.last.imageId && Config.Image !== state.image) live.image = Config.Image;
  const environment = changedEnvironment(state, Config.Env ?? []);
  if (environment) live.environment = environment;
  const limits = state.deploy?.resources?.limits;
  if (state.mem_limit !== undefined && !limits?.memory && Number(bytes(state.mem_limit)) !== Memory) live.mem_limit = String(Memory);
  if (state.cpus !== undefined && !limits?.cpus && nanoCpus(state.cpus) !== NanoCpus) live.cpus = NanoCpus / 1e9;
  if (state.restart !== undefined && !state.deploy?.restart_policy) {
    const wanted = restartPolicy(state.restart) as Inspected["HostConfig"]["RestartPolicy"];
    if ((wanted.Name || "no") !== (RestartPolicy.Name || "no")) live.restart = RestartPolicy.Name || "no";
  }
}

/** Variables of the file whose values differ in the container; the image's own are none of ours. */
function changedEnvironment(state: ServiceInputs, env: string[]): Service["environment"] | undefined {
  if (!state.environment) return undefined;
  const values = new Map(env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
  const wrong = Object.entries(state.environment).filter(([name, value]) => value !== null && values.get(name) !== value);
  if (wrong.length === 0) return undefined;
  return { ...state.environment, ...Object.fromEntries(wrong.map(([name]) => [name, values.get(name) ?? null])) };
}
