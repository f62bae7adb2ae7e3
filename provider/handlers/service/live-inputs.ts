/** Refresh: the differences between the existing containers and the inputs, in compose terms. */
import { type Alteration, alterations, asInputs } from "../../engine/inspection/manual-changes.js";
import { inspectContainer, type InspectedContainer } from "../../engine/observe/inspect.js";
import type { ServiceInputs, ServiceOutputs } from "../../model/kinds.js";
import { changedEnvironment } from "../process/changed-environment.js";
import { label } from "../../model/labels.js";
import type { ObservedContainer } from "../../model/observed.js";
import type { Call } from "../process/handler.js";

/** Compares only attributes that the user set, and returns only those that differ. */
export async function liveInputs(
  state: ServiceInputs & ServiceOutputs,
  there: ObservedContainer[],
  call: Call,
): Promise<Partial<ServiceInputs>> {
  const live: Partial<ServiceInputs> = {};
  if (there.length !== state.replicas) live.replicas = there.length;
  for (const container of there) {
    const inspected = await inspectContainer(call.session.engine(state.host), container.id, call.signal);
    // For an image created by hand under the same labels, the name shows the difference.
    const { Image } = inspected.Config;
    if (container.labels[label.image] !== state.last.imageId && Image !== state.image) live.image = Image;
    Object.assign(live, asInputs(state, altered(state, inspected)));
  }
  return live;
}

/** Adds the changes of `docker update` or by hand that the labels do not show. */
export async function withAlterations(
  inputs: ServiceInputs,
  there: ObservedContainer[],
  call: Call,
): Promise<ObservedContainer[]> {
  return Promise.all(
    there.map(async (container) => {
      const paths = altered(
        inputs,
        await inspectContainer(call.session.engine(inputs.host), container.id, call.signal),
      ).map(({ path }) => path);
      return paths.length === 0 ? container : { ...container, altered: paths };
    }),
  );
}

function altered(inputs: ServiceInputs, { Config, HostConfig }: InspectedContainer): Alteration[] {
  const environment = changedEnvironment(inputs, Config.Env ?? []);
  return [
    ...(environment ? [{ path: "environment", value: environment }] : []),
    ...alterations(inputs, HostConfig),
  ];
}
