/** Walks through services and nodes of plans by their dependencies. These are loops, because a long chain exceeds the stack. */

/**
 * Returns every node that is reachable from `nodes`, dependencies before dependents; otherwise nodes and dependencies keep
 * their order. In a cycle, the node that was reached first comes last. `onCycle` gets cycles with their first node repeated.
 */
export function inDependencyOrder<Node>(
  nodes: Iterable<Node>,
  dependenciesOf: (node: Node) => Iterable<Node>,
  onCycle: (cycle: Node[]) => void = () => {},
): Node[] {
  const begun = new Set<Node>();
  const ordered = new Set<Node>();
  const trail: { node: Node; dependencies: Iterator<Node> }[] = [];
  const begin = (node: Node): void => {
    if (begun.has(node) && !ordered.has(node)) {
      const path = trail.map((step) => step.node);
      onCycle([...path.slice(path.indexOf(node)), node]);
    }
    if (begun.has(node)) return;
    begun.add(node);
    trail.push({ node, dependencies: dependenciesOf(node)[Symbol.iterator]() });
  };
  for (const node of nodes) {
    begin(node);
    for (let step = trail.at(-1); step !== undefined; step = trail.at(-1)) {
      const next = step.dependencies.next();
      if (next.done !== true) begin(next.value);
      else {
        trail.pop();
        ordered.add(step.node);
      }
    }
  }
  return [...ordered];
}

/** Returns `nodes` and every node that they lead to, depth first. */
export function reachable<Node>(nodes: Iterable<Node>, nextOf: (node: Node) => Iterable<Node>): Set<Node> {
  const found = new Set<Node>();
  const trail = [nodes[Symbol.iterator]()];
  for (let current = trail.at(-1); current !== undefined; current = trail.at(-1)) {
    const next = current.next();
    if (next.done === true) trail.pop();
    else if (!found.has(next.value)) {
      found.add(next.value);
      trail.push(nextOf(next.value)[Symbol.iterator]());
    }
  }
  return found;
}
