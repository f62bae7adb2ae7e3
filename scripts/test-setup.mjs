import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./support/paths.mjs";
import { step } from "./support/step.mjs";
import { bedPrograms, metricsDatabase, oldCompose, terminalPrograms, testImages } from "./steps/bed.mjs";
import { build, dependencies } from "./steps/dependencies.mjs";
import { modernEngine } from "./steps/modern-engine.mjs";
import { oracle } from "./steps/oracle.mjs";
import { pulumi } from "./steps/pulumi.mjs";

/** Prepares what the given sections of tests need. Returns a function that takes it down. */
export async function prepare(sections) {
  await step("dependencies", dependencies);
  await step("build", build);
  if (sections.every((section) => section === "unit")) return async () => undefined;
  if (sections.some((section) => section !== "engine")) await step("pulumi CLI", pulumi);
  await step("test programs", bedPrograms);
  await step("terminals", terminalPrograms);
  await step("test images", testImages);
  await step("victoria-metrics", metricsDatabase);
  await step("docker compose", oracle);
  await step("docker-compose 1", oldCompose);
  await step("modern engine", modernEngine);
  return step("test bed", startBed);
}

/** The test bed lives as long as a process uses it: this process does until all tests have finished. */
async function startBed() {
  const { bedMissing, startBed } = await import(
    pathToFileURL(join(root, "dist/test/support/bed/bed.js")).href
  );
  const missing = bedMissing();
  if (missing)
    return { detail: `${missing}: tests that need engines are SKIPPED`, value: async () => undefined };
  const bed = await startBed();
  return {
    detail: Object.values(bed.hosts)
      .map(({ name, address }) => `${name} ${address}`)
      .join("  "),
    value: bed.close,
  };
}
