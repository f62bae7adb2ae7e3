/** Arguments of `ComposeProject` in a program of the user, which the compose files lack, from the state. Pure. */
import type { LoadOptions } from "../../provider/compose/load/load.js";
import { ofProject, projectsOf, type StackState } from "../../provider/model/stack-state.js";

/** `name`: the compose project, if it is known. The only one of the stack needs no name. */
export function ofProgram(
  state: StackState,
  name: string | undefined,
): Pick<LoadOptions, "projectName" | "hosts"> {
  const projects = projectsOf(state);
  const own = name ?? (projects.length === 1 ? projects[0] : undefined);
  if (own === undefined) return { hosts: addressesOf(state) };
  return { projectName: own, hosts: addressesOf(ofProject(state, own)) };
}

export function addressesOf({ hosts }: StackState): Record<string, string> {
  return Object.fromEntries(hosts.map(({ inputs }) => [inputs.name, inputs.address]));
}
