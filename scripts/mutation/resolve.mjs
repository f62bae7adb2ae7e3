/** Hooks of the tests' imports: a `node:test` that only keeps the tests, and modules that load again on demand. */
export function resolve(specifier, context, next) {
  if (specifier === "node:test")
    return { url: new URL("node-test.mjs", import.meta.url).href, shortCircuit: true };
  return again(specifier, context, next);
}

/** A compiled module imports its own modules as it was imported itself: "file:///dist/a.js?3". Packages load once. */
async function again(specifier, context, next) {
  const resolved = await next(specifier, context);
  const { search } = new URL(context.parentURL ?? "file:///");
  const isOwn = resolved.url.includes("/dist/") && !resolved.url.includes("/node_modules/");
  return search !== "" && isOwn ? { ...resolved, url: resolved.url + search } : resolved;
}
