/**
 * Records docker compose's configuration and requests for every test/fixtures/attributes/NAME.yaml in
 * NAME.golden.json:
 * `node dist/test/support/docker-compose/record-attributes.js [NAME...]`. It needs docker compose v5.5.1 and write
 * access to /srv, but no engine.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type AttributeGolden,
  attributeNames,
  attributesFolder,
  fixtureEnvironment,
  goldenPath,
  recordedFolder,
  recordedVersions,
} from "./attributes.js";
import { dockerCompose } from "./docker-compose.js";
import { startRecordingEngine } from "./recording-engine.js";

const names = process.argv.length > 2 ? process.argv.slice(2) : attributeNames();
for (const name of names) {
  rmSync(recordedFolder, { recursive: true, force: true });
  mkdirSync(recordedFolder, { recursive: true });
  cpSync(join(attributesFolder, "files"), join(recordedFolder, "files"), { recursive: true });
  cpSync(join(attributesFolder, `${name}.yaml`), join(recordedFolder, "compose.yaml"));
  const golden = await record();
  if (typeof golden === "string") console.error(`${name}: ${golden}`);
  else writeFileSync(goldenPath(name), formatGolden(golden));
}
rmSync(recordedFolder, { recursive: true, force: true });

async function record(): Promise<AttributeGolden | string> {
  const config = await compose(undefined, "config", "--format", "json");
  if (config.code !== 0) return config.stderr.trim();
  // The output is a compose file, so its dollar signs are doubled.
  const unescaped = config.stdout.replaceAll("$$", () => "$");
  const golden: AttributeGolden = { config: JSON.parse(unescaped), creates: {} };
  let previous: unknown;
  for (const version of recordedVersions) {
    const engine = await startRecordingEngine(version);
    const { code, stderr } = await compose(engine.address, "create", "--quiet-pull");
    const creates = engine.creates.sort((a, b) =>
      JSON.stringify([a.path, a.query]) < JSON.stringify([b.path, b.query]) ? -1 : 1,
    );
    golden.creates[version] = code === 0 ? creates : { refused: reasonOf(stderr) };
    if (isDeepStrictEqual(golden.creates[version], previous)) golden.creates[version] = "as before";
    else previous = golden.creates[version];
    await engine.close();
  }
  return golden;
}

async function compose(address: string | undefined, ...args: string[]) {
  const env = { ...fixtureEnvironment, ...(address ? { DOCKER_HOST: address } : {}) };
  // Without --parallel 1, the order of the requests would vary.
  return dockerCompose(undefined, ["--parallel", "1", "--profile", "*", ...args], {
    cwd: recordedFolder,
    env,
  });
}

/** One line per service and per request, for readable diffs. */
function formatGolden({ config, creates }: AttributeGolden): string {
  const line = (value: unknown) => JSON.stringify(value);
  const block = (open: string, lines: string[], close: string) => `${open}\n${lines.join(",\n")}\n${close}`;
  const versions = Object.entries(creates).map(
    ([version, requests]) =>
      `"${version}": ${Array.isArray(requests) ? block("[", requests.map(line), "]") : line(requests)}`,
  );
  const parts = Object.entries(config).map(([key, value]) =>
    key === "services"
      ? `"services": ${block(
          "{",
          Object.entries(value).map(([name, service]) => `${line(name)}: ${line(service)}`),
          "}",
        )}`
      : `${line(key)}: ${line(value)}`,
  );
  return `{"config": ${block("{", parts, "}")},\n"creates": ${block("{", versions, "}")}}\n`;
}

function reasonOf(stderr: string): string {
  if (stderr.includes("goroutine ")) throw new Error(stderr);
  return stderr.trim().split("\n").at(-1) ?? "";
}
