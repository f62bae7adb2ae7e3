/** Inputs that older versions did not write: a new version of k2-compose alone changes no resource. Pure. */
import { isDeepStrictEqual } from "node:util";

/** Inputs of one kind of resource; others have none of the newer ones. */
interface WithNewer {
  executable?: unknown;
}

/** Returns the inputs without the newer ones if they differ from the deployed inputs in nothing else. */
export function asDeployed<Inputs extends WithNewer>(inputs: Inputs, deployed: () => object): Inputs {
  if (inputs.executable === undefined) return inputs;
  const before = deployed();
  if ("executable" in before) return inputs;
  const rest = { ...inputs };
  delete rest.executable;
  return isDeepStrictEqual(plain(rest), plain(before)) ? rest : inputs;
}

/** As JSON stores it. Pulumi ignores null. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (_, item: unknown) => item ?? undefined));
}
