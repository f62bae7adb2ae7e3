/** Gives the tests a `node:test` that only keeps them. */
export function resolve(specifier, context, next) {
  if (specifier !== "node:test") return next(specifier, context);
  return { url: new URL("node-test.mjs", import.meta.url).href, shortCircuit: true };
}
