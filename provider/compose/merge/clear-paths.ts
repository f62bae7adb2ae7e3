/** !reset and !override: removes the tagged paths from the tree that the document is merged onto. */
import { has, isMapping } from "../tree/tree.js";

export function clearPaths(tree: unknown, paths: readonly string[][]): void {
  for (const path of paths) clear(tree, path);
}

function clear(tree: unknown, path: readonly string[]): void {
  const [key, ...rest] = path;
  if (key === undefined || !isMapping(tree) || !has(tree, key)) return;
  if (rest.length === 0) delete tree[key];
  else clear(tree[key], rest);
}
