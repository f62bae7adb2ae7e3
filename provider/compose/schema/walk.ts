/** Converts short syntax to long syntax, fills in defaults and checks the long form. Changes the tree in place. */
import { At, Problems } from "../tree/problems.js";
import type { Shape } from "./shape.js";
import { type Branch, dropUndefined, isList, isMapping, keysOf, setValueAt, valueAt } from "../tree/tree.js";

type Visit = (value: unknown, shape: Shape, at: At) => unknown;

/**
 * Visits every value that has a row, parents first, and replaces it by the result of `visit`. An entry without a result is
 * removed: its error is reported, and a later file's validation would report it again.
 */
function walk(container: Branch, shape: Shape, at: At, visit: Visit): void {
  for (const key of keysOf(container)) {
    const inner = isList(container) ? shape.entry : (shape.fields?.[key] ?? shape.entry);
    if (inner === undefined) continue;
    const child = at.child(container, key);
    const before = valueAt(container, key);
    const value = visit(before, inner, child);
    if (value !== before) setValueAt(container, key, value);
    if (isMapping(value) || isList(value)) walk(value, inner, child, visit);
  }
  dropUndefined(container);
}

/** Converts a tree with variables. Text that is not valid short syntax is kept, because it may contain variables. */
export function toLongWhereReadable(tree: Branch, shape: Shape, at: At): void {
  walk(tree, shape, at, (value, inner, child) => {
    if (inner.long === undefined || value === undefined) return value;
    const trial = new At(new Problems(), child.container, child.key, child.parent);
    const long = inner.long(value, trial);
    return trial.problems.any ? value : long;
  });
}

export function toLong(tree: Branch, shape: Shape, at: At): void {
  walk(tree, shape, at, (value, inner, child) =>
    inner.long === undefined || value === undefined ? value : inner.long(value, child),
  );
}

export function fillDefaults(tree: Branch, shape: Shape, at: At): void {
  walk(tree, shape, at, (value, inner) => {
    if (inner.fill !== undefined && isMapping(value)) inner.fill(value);
    return value;
  });
}

export function checkLong(tree: Branch, shape: Shape, at: At): void {
  walk(tree, shape, at, (value, inner, child) => {
    if (inner.check !== undefined && !(at.problems.any && at.problems.failedWithin(child.path)))
      inner.check(value, child);
    return value;
  });
}

export { walk };
