#!/usr/bin/env node
// Starts the compiled CLI.
let main;
try {
  ({ main } = await import("../dist/cli/main.js"));
} catch (error) {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const what = error.url?.includes("/dist/")
    ? "k2-compose is not built here: run `npm run build`"
    : error.message;
  console.error(`k2-compose cannot start: ${what}`);
  process.exit(1);
}
await main(process.argv.slice(2));
