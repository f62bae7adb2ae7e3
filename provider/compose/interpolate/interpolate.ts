/** Interpolates variables in every value of a tree, and converts text to the type of its attribute. */
import type { At } from "../tree/problems.js";
import { substitute, type Lookup } from "./substitute.js";
import type { Shape } from "../schema/shape.js";
import { type Branch, isList, isMapping, keysOf, setValueAt, valueAt } from "../tree/tree.js";
import { messageOf } from "../../shared/errors.js";

/** A long value that variables make counts as several. */
const charactersOfValue = 1000;

/** Changes the tree in place. A value that cannot be interpolated is reported and removed. */
export function interpolate(
  tree: Branch,
  shape: Shape | undefined,
  lookup: Lookup | undefined,
  at: At,
): void {
  for (const key of keysOf(tree)) {
    const value = valueAt(tree, key);
    const inner = isList(tree) ? shape?.entry : (shape?.fields?.[key] ?? shape?.entry);
    const child = at.child(tree, key);
    if (isMapping(value) || isList(value)) interpolate(value, inner, lookup, child);
    else if (typeof value === "string") {
      const filled = fill(value, inner, lookup, child);
      if (filled !== value && typeof filled === "string")
        child.count(Math.floor(filled.length / charactersOfValue));
      if (filled !== undefined) setValueAt(tree, key, filled);
      else if (isMapping(tree)) delete tree[key];
    }
  }
}

function fill(value: string, shape: Shape | undefined, lookup: Lookup | undefined, at: At): unknown {
  try {
    const text = lookup === undefined ? value : filled(value, lookup, at);
    return shape?.cast === undefined || (lookup === undefined && text.includes("$"))
      ? text
      : shape.cast(text);
  } catch (error) {
    return at.fail(messageOf(error));
  }
}

/** Also records the variables at the value's place. */
function filled(value: string, lookup: Lookup, at: At): string {
  const variables = new Set<string>();
  const noting = (name: string) => {
    variables.add(name);
    return lookup(name);
  };
  const text = substitute(value, noting, (name) => warnUnset(name, at));
  if (variables.size > 0) at.note({ variables: [...variables] });
  return text;
}

function warnUnset(name: string, at: At): void {
  at.problems.warn(`the variable ${name} is not set; an empty string is used`, at.position);
}
