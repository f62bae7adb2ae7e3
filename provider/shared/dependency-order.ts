/** The topological sort for names of services and for nodes of plans. */

/**
 * Returns every node that is reachable from `nodes`, dependencies before dependents; otherwise nodes and dependencies keep
 * their order. In a cycle, the node that was reached first comes last.
 */
export function inDependencyOrder<Node>(
  nodes: Iterable<Node>,
  dependenciesOf: (node: Node) => Iterable<Node>,
): Node[] {
  const begun = new Set<Node>();
  const ordered: Node[] = [];
  const visit = (node: Node): void => {
    if (begun.has(node)) return;
    begun.add(node);
    for (const dependency of dependenciesOf(node)) visit(dependency);
    ordered.push(node);
  };
  for (const node of nodes) visit(node);
  return ordered;
}
