/**
 * Loads a file of Pulumi's SDK. `import` would read and parse each of these files twice more, for its format and for the names
 * of its exports, which is a third of the time that loading the SDK takes.
 */
import { createRequire } from "node:module";

export const fromSdk = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
