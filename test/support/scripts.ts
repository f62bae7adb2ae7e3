import { existsSync } from "node:fs";
import type { RequestOptions } from "node:http";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The root of the repository: this file is compiled to a folder below dist/. */
export const checkout = packageRootOf(dirname(fileURLToPath(import.meta.url)));

function packageRootOf(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : packageRootOf(dirname(folder));
}

interface EngineAddress {
  address: string;
  certificates?: string | undefined;
}
interface EngineRequest {
  body?: string | Buffer | Readable;
  type?: string;
  headers?: Record<string, string>;
  deadlineMs?: number;
}
export interface TestResult {
  kind: "test" | "file";
  file: string;
  title?: string;
  outcome?: "passed" | "failed" | "subtests failed" | "skipped";
  seconds?: number;
}
export interface SectionTime {
  section: string;
  seconds: number;
  /** The share of the processors that other processes used. */
  others: number;
}
type Progress = (text: string) => void;

/**
 * The scripts run before the code is compiled, so they are plain JavaScript. These are the types of the parts that
 * tests use.
 */
interface Scripts {
  "support/paths.mjs": { cacheFolder(...parts: string[]): string };
  "support/engine-api.mjs": {
    engineTarget(address: string, certificates?: string): RequestOptions;
    engineRequest(
      engine: EngineAddress,
      method: string,
      path: string,
      request?: EngineRequest,
    ): Promise<{ status: number; text: string; headers: Record<string, string> }>;
    engineVersion(
      engine: EngineAddress,
      deadlineMs?: number,
    ): Promise<{ Version: string; ApiVersion: string } | undefined>;
    hasImage(engine: EngineAddress, name: string): Promise<boolean>;
  };
  "support/debian-images.mjs": {
    debianImages(progress: Progress): Promise<{ example: string; test: string }>;
    registryProgram(progress: Progress): Promise<string>;
    debianImageNames: { example: Record<string, string>; test: string[] };
  };
  "support/victoria-metrics.mjs": { victoriaMetrics(progress: Progress): Promise<string | undefined> };
  "steps/python-compose.mjs": { pythonCompose(progress: Progress): Promise<string | undefined> };
  "steps/images.mjs": { loadImages(engine: EngineAddress, archive: string): Promise<void> };
  "steps/pulumi.mjs": { pulumiBin(): string | undefined };
  "steps/modern-engine.mjs": { modernEngineBin(): string | undefined };
  "steps/oracle.mjs": { composeOracle(): string | undefined };
  "support/test-results.mjs": {
    failuresByFile(results: TestResult[]): Map<string, string[]>;
    withSecondRun(results: TestResult[], again: TestResult[]): TestResult[];
    slowestFiles(results: TestResult[], count?: number): string[];
  };
  "test-suite.mjs": {
    verdict(tests: { results: TestResult[]; flaky: Map<string, string[]>; times?: SectionTime[] }): {
      lines: string[];
      good: boolean;
    };
  };
  "../eslint.layers.js": {
    areas: Record<string, string[]>;
    floors: Record<string, string[][]>;
    areaOf(folder: string): string | undefined;
    floorOf(folder: string): number;
    refusal(from: string, to: string): string | undefined;
  };
}

async function script<Name extends keyof Scripts>(name: Name): Promise<Scripts[Name]> {
  return (await import(pathToFileURL(join(checkout, "scripts", name)).href)) as Scripts[Name];
}

export const { cacheFolder } = await script("support/paths.mjs");
export const { engineRequest, engineTarget, engineVersion, hasImage } =
  await script("support/engine-api.mjs");
export const { debianImages, debianImageNames, registryProgram } = await script("support/debian-images.mjs");
export const { victoriaMetrics } = await script("support/victoria-metrics.mjs");
export const { pythonCompose } = await script("steps/python-compose.mjs");
export const { loadImages } = await script("steps/images.mjs");
export const { pulumiBin } = await script("steps/pulumi.mjs");
export const { composeOracle } = await script("steps/oracle.mjs");
export const { modernEngineBin } = await script("steps/modern-engine.mjs");
export const testResults = await script("support/test-results.mjs");
export const { verdict } = await script("test-suite.mjs");
export const layers = await script("../eslint.layers.js");
