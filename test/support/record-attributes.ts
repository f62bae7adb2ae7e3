/**
 * Records what docker compose makes of every test/fixtures/attributes/NAME.yaml into NAME.golden.json beside it:
 * `node dist/test/support/record-attributes.js [NAME...]`. It needs docker compose v5.5.1, no engine, and may write /srv.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AttributeGolden,
  attributeNames,
  attributesFolder,
  goldenPath,
  recordedVersions,
} from "./attributes.js";
import { dockerCompose } from "./compose-oracle.js";
import { startRecordingEngine } from "./recording-engine.js";

/** The same on every machine: paths in labels and bind mounts, and hashes over them, must not change with the checkout. */
const projectFolder = "/srv/fixture";
const environment = { FROM_THE_SHELL: "shell" };

const names = process.argv.length > 2 ? process.argv.slice(2) : attributeNames();
for (const name of names) {
  rmSync(projectFolder, { recursive: true, force: true });
  mkdirSync(projectFolder, { recursive: true });
  cpSync(join(attributesFolder, "files"), join(projectFolder, "files"), { recursive: true });
  cpSync(join(attributesFolder, `${name}.yaml`), join(projectFolder, "compose.yaml"));
  writeFileSync(goldenPath(name), `${JSON.stringify(await record(), undefined, 1)}\n`);
}
rmSync(projectFolder, { recursive: true, force: true });

async function record(): Promise<AttributeGolden> {
  const config = await compose(undefined, "config", "--format", "json");
  if (config.code !== 0) throw new Error(config.stderr);
  const golden: AttributeGolden = { config: JSON.parse(config.stdout), creates: {} };
  for (const version of recordedVersions) {
    const engine = await startRecordingEngine(version);
    const { code, stderr } = await compose(engine.address, "create", "--quiet-pull");
    const creates = engine.creates.sort((a, b) =>
      JSON.stringify([a.path, a.query]) < JSON.stringify([b.path, b.query]) ? -1 : 1,
    );
    golden.creates[version] = code === 0 ? creates : { refused: reasonOf(stderr) };
    await engine.close();
  }
  return golden;
}

async function compose(address: string | undefined, ...args: string[]) {
  const env = { ...environment, ...(address ? { DOCKER_HOST: address } : {}) };
  // Starts of services run at once; one after the other they are recorded in the same order each time.
  return dockerCompose(undefined, ["--parallel", "1", "--profile", "*", ...args], {
    cwd: projectFolder,
    env,
  });
}

function reasonOf(stderr: string): string {
  return stderr.trim().split("\n").at(-1) ?? "";
}
