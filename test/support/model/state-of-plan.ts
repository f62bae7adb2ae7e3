/** The states that Pulumi would store for plans. */
import type { ServiceContext } from "../../../provider/model/kinds.js";
import { type Plan, refsIn } from "../../../provider/model/plan/node.js";
import { readState, type StackState } from "../../../provider/model/stack-state.js";

/** Returns the state that Pulumi would store after the deployment of a plan. */
export function stateOf({ nodes }: Plan, tag = ""): StackState {
  const urnOf = (id: string) => {
    const [kind, name] = [id.slice(0, id.indexOf(" ")), id.slice(id.indexOf(" ") + 1)];
    return `urn:pulumi:dev::shop::k2:index:Project$pulumi-nodejs:dynamic/k2:${kind[0]!.toUpperCase()}${kind.slice(1)}::${name}`;
  };
  const resources = nodes.map(({ id, kind, name, inputs, context, dependsOn }) => ({
    urn: urnOf(id),
    type: urnOf(id).split("$")[1]!.split("::")[0]!,
    inputs: JSON.parse(JSON.stringify(inputs)) as object,
    outputs: {
      ...((kind === "image" || kind === "hostImage") && {
        digest: "local",
        imageId: `sha256:${name.split(/[@ ]/)[0]}${tag}`,
      }),
      ...(kind === "service" && {
        containerIds: [name],
        revision: `${name}${tag}`,
        last: lastOf(context as never, String((inputs as { image?: string }).image) + tag),
      }),
      ...(kind === "healthCheck" && { revision: `${name}${tag}` }),
    },
    dependencies: [...new Set([...dependsOn, ...refsIn(context).map(({ node }) => node)])].map(urnOf),
  }));
  return readState({ deployment: { resources } });
}

function lastOf(context: ServiceContext, image: string): object {
  const { shares, restarts = {}, networks, volumes, job, hashed, gates } = context;
  const known = (refs: object) => Object.fromEntries(Object.keys(refs).map((name) => [name, [name]]));
  return {
    ...{ imageId: `sha256:${image}`, imageHealthcheck: false, shares: known(shares) },
    ...{ restarts: known(restarts), networks, volumes, job, hashed, gates },
  };
}
