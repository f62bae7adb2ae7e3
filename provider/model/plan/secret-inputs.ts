/** Which inputs of a plan are secret: Pulumi encrypts them in state. */
import type { Project } from "../../compose/types.js";
import { entryPath, pathsWhere, secretAt } from "../input-paths.js";
import type { Kind } from "../kinds.js";
import { type SecretRule, soundsSecret } from "../secret-names.js";
import type { Plan, PlanNode } from "./node.js";

type IsSecret = (name: string) => boolean;
/** Variables in the files from which a value was made. */
type Variables = (key: string) => readonly string[];

interface Values {
  at: string[];
  /** `all` encrypts every one of them. */
  whole: boolean;
}

const hooks = ["pre_start", "post_start", "pre_stop"];

/** Mappings of names to values. */
const places: { [K in Kind]?: Values[] } = {
  service: [
    { at: ["environment"], whole: true },
    { at: ["config_contents"], whole: true },
    { at: ["logging", "options"], whole: false },
    ...hooks.map((hook) => ({ at: [hook, "*", "environment"], whole: true })),
  ],
  swarmService: [
    { at: ["environment"], whole: true },
    { at: ["logging", "options"], whole: false },
  ],
  swarmConfig: [{ at: ["config_contents"], whole: true }],
  image: [{ at: ["build", "args"], whole: true }],
  network: [{ at: ["driver_opts"], whole: false }],
  volume: [{ at: ["driver_opts"], whole: false }],
};

/** Adds the paths of secret inputs to the nodes. */
export function withSecretInputs(nodes: PlanNode[], project: Project, rule: SecretRule): PlanNode[] {
  const all = { ...rule, names: [...(rule.names ?? []), ...project.secret_names] };
  return nodes.map((node) => {
    const secret = secretInputs(node, all, (at, key) => variablesOf(node, project, at, key));
    return secret.length > 0 ? { ...node, secret } : node;
  });
}

/** Adds the paths of all inputs that contain one of the texts: placeholders for values that Pulumi keeps secret. */
export function withSecretTexts({ project, nodes }: Plan, texts: string[]): Plan {
  const isSecret = (value: unknown) =>
    typeof value === "string" && texts.some((text) => value.includes(text));
  const mark = (node: PlanNode): PlanNode => {
    const found = pathsWhere(node.inputs, isSecret).filter((path) => secretAt(path) === undefined);
    return found.length > 0 ? { ...node, secret: [...new Set([...(node.secret ?? []), ...found])] } : node;
  };
  return { project, nodes: nodes.map(mark) };
}

export function secretInputs(
  { kind, inputs }: Pick<PlanNode, "kind" | "inputs">,
  { encrypt = "likely", names = [] }: SecretRule,
  variables: (at: string[], key: string) => readonly string[] = () => [],
): string[] {
  if (encrypt === "none") return [];
  const isSecret = (name: string) => names.includes(name) || soundsSecret(name);
  const paths = (places[kind] ?? []).flatMap(({ at, whole }) =>
    pathsIn(inputs, at, encrypt === "all" && whole ? () => true : isSecret, (key) => variables(at, key)),
  );
  return paths.sort();
}

function pathsIn(value: unknown, at: string[], is: IsSecret, variables: Variables, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  const [first, ...rest] = at;
  if (first === "*" && Array.isArray(value))
    return value.flatMap((item, index) => pathsIn(item, rest, is, variables, entryPath(path, index)));
  if (first !== undefined)
    return pathsIn(Reflect.get(value, first), rest, is, variables, entryPath(path, first));
  const given = Object.entries(value).filter(([, item]) => item !== null);
  const secret = given.filter(([key]) => is(key) || variables(key).some(is));
  return secret.map(([key]) => entryPath(path, key));
}

/** An image may be that of several services. */
function variablesOf(node: PlanNode, project: Project, at: string[], key: string): readonly string[] {
  if (node.kind === "image")
    return Object.keys(project.services).flatMap((name) =>
      project.variablesIn(["services", name, ...at, key]),
    );
  if (node.kind === "network") return project.variablesIn(["networks", node.inputs.network, ...at, key]);
  if (node.kind === "volume") return project.variablesIn(["volumes", node.inputs.volume, ...at, key]);
  if (node.kind !== "service" && node.kind !== "swarmService" && node.kind !== "swarmConfig") return [];
  if (node.kind !== "swarmConfig" && at[0] !== "config_contents")
    return project.variablesIn(["services", node.inputs.service, ...at, key]);
  const { environment } = project.configs[key] ?? {};
  const inContent = project.variablesIn(["configs", key, "content"]);
  return environment === undefined ? inContent : [...inContent, environment];
}
