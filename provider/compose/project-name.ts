/** The project's name: -p, COMPOSE_PROJECT_NAME, the file's own, the folder's; in this order. */
import path from "node:path";
import { own, type Variables } from "./environment.js";
import type { At } from "./problems.js";
import { has, isMapping } from "./tree.js";
import { substitute, SubstitutionError } from "./substitute.js";

/** Lower case letters, digits, - and _, starting with a letter or digit. */
export function normalizeName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}

interface Given {
  option: string | undefined;
  variables: Variables;
  directory: string;
  trees: { tree: unknown; at: At }[];
}

export function projectName({ option, variables, directory, trees }: Given): string {
  const imposed = option ?? (own(variables, "COMPOSE_PROJECT_NAME") || undefined);
  const problems = trees[0]?.at.problems;
  if (imposed !== undefined) {
    if (normalizeName(imposed) !== imposed || imposed === "") {
      problems?.add(
        `"${imposed}" is no project name (lower case letters, digits, - and _); did you mean "${normalizeName(imposed)}"?`,
        option === undefined ? "COMPOSE_PROJECT_NAME" : "project name",
      );
    }
    return imposed;
  }
  const written = trees
    .map(({ tree, at }) => nameIn(tree, variables, at))
    .filter((name) => name !== undefined);
  const name = normalizeName(written.at(-1) ?? path.basename(directory));
  return name === "" ? "k2-compose" : name;
}

function nameIn(tree: unknown, variables: Variables, at: At): string | undefined {
  if (!isMapping(tree)) return undefined;
  const [key, other] = ["name", "project", "x-project"].filter((name) => has(tree, name));
  if (other !== undefined && key === "name") {
    at.child(tree, other).failAtKey(`name and ${other} are the same thing; keep one of them`);
  }
  const written = key === undefined ? undefined : tree[key];
  if (typeof written !== "string" || written === "") return undefined;
  try {
    return substitute(written, (name) => own(variables, name));
  } catch (error) {
    if (!(error instanceof SubstitutionError)) throw error;
    return undefined; // said again, with its place, when the whole file is interpolated
  }
}
