import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDebian } from "./debian.mjs";
import { unpackPackages } from "./debian-files.mjs";

/**
 * Debian's VictoriaMetrics, unpacked into the cache: a database that accepts OpenTSDB's protocol. Undefined on other
 * systems.
 */
export async function victoriaMetrics(progress) {
  if (!isDebian()) return undefined;
  const program = join(await unpackPackages(["victoria-metrics"], progress), "usr/bin/victoria-metrics");
  return existsSync(program) ? program : undefined;
}
