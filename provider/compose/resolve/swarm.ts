/** Which services run on the swarm, and what the file must say about them: before any engine is asked. */
import type { At } from "../tree/problems.js";
import { isMapping, type Mapping } from "../tree/tree.js";
import type { Port, Project, Service, SwarmOptions } from "../types.js";
import type { Draft } from "./consistency.js";
import { placeBelow, type Subject } from "./subject.js";

/** How the service runs on the swarm; undefined if it runs as plain containers. */
export function swarmOptions(
  service: Pick<Service, "swarm">,
  { swarm }: Pick<Project, "swarm">,
): SwarmOptions | undefined {
  if (service.swarm === false) return undefined;
  return service.swarm ?? (swarm && {});
}

/** The name in `hosts` that the addresses of swarm services have: web@swarm. */
export const swarmName = "swarm";

interface Root {
  tree: Mapping;
  at: At;
  directory: string;
}

export function checkSwarm(draft: Draft, subjects: Subject[], root: Root): void {
  const onSwarm = subjects.filter(({ service }) => swarmOptions(service, draft) !== undefined);
  const managers = Object.keys(draft.hosts).filter((name) => draft.hosts[name]?.swarm?.role === "manager");
  checkNodes(draft, managers, root);
  if (onSwarm.length === 0) return;
  const { hosts } = root.tree;
  if (isMapping(hosts) && Object.hasOwn(hosts, swarmName))
    hostAt(root, swarmName).failAtKey(
      "a host of this file may not have this name: web@swarm is a service of the swarm",
    );
  if (managers.length === 0) failWithoutManager(onSwarm, draft, root);
  for (const subject of onSwarm) {
    checkNetworks(subject, draft, root);
  }
  checkIngressPorts(onSwarm);
}

function hostAt({ tree, at }: Root, name: string): At {
  const hosts = isMapping(tree.hosts) ? tree.hosts : {};
  return at.child(tree, "hosts").child(hosts, name);
}

function checkNodes({ hosts }: Draft, managers: string[], root: Root): void {
  const workers = Object.keys(hosts).filter((name) => hosts[name]?.swarm?.role === "worker");
  const [first] = workers;
  if (first !== undefined && managers.length === 0)
    hostAt(root, first).fail("is a worker, but no host of the file has `swarm: manager`");
  const [manager] = managers;
  if (manager !== undefined && managers.length % 2 === 0)
    hostAt(root, manager).warn(
      `${managers.length} managers (${managers.join(", ")}) survive the loss of no more of them than ${managers.length - 1} do: declare an odd number of managers`,
    );
}

function failWithoutManager(subjects: Subject[], draft: Draft, { tree, at }: Root): void {
  const what = "no host of the file is a manager of the swarm; set `swarm: manager` at one";
  if (draft.swarm !== undefined) at.child(tree, "swarm").failAtKey(what);
  for (const subject of subjects) if (subject.service.swarm) placeBelow(subject, "swarm").failAtKey(what);
}

const isIngress = ({ mode }: Port): boolean => mode === undefined || mode === "" || mode === "ingress";

function checkIngressPorts(subjects: Subject[]): void {
  const taken = new Map<string, string>();
  for (const subject of subjects) {
    for (const [index, port] of (subject.service.ports ?? []).entries()) {
      if (!isIngress(port) || port.published === undefined || port.published === "") continue;
      const key = `${port.published}/${port.protocol ?? "tcp"}`;
      const other = taken.get(key);
      if (other !== undefined)
        placeBelow(subject, `ports[${index}]`).fail(
          `port ${key} of all nodes is already published by service ${other}`,
        );
      else taken.set(key, subject.name);
    }
  }
}

function checkNetworks(subject: Subject, { networks }: Draft, { tree, at }: Root): void {
  for (const name of Object.keys(subject.service.networks ?? {})) {
    const { driver, external } = networks[name] ?? {};
    if (external || driver === undefined || driver === "overlay") continue;
    const section = isMapping(tree.networks) ? tree.networks : {};
    const own = isMapping(section[name]) ? section[name] : {};
    at.child(tree, "networks")
      .child(section, name)
      .child(own, "driver")
      .fail(
        `service ${subject.name} runs on the swarm, which a network of driver ${driver} does not span: write driver: overlay`,
      );
  }
}
