/** Reading compose files: `config -q` compared with docker compose, and the loader alone. Needs no engine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { load } from "../provider/compose/load/load.js";
import { command } from "../test/support/cli/command.js";
import { dockerCompose } from "../test/support/docker-compose/docker-compose.js";
import { report, rounds, type Row, seconds } from "./measure.js";

const folder = mkdtempSync(join(tmpdir(), "k2-bench-"));
const k2 = join(fileURLToPath(new URL(".", import.meta.url)), "../../bin/k2-compose.js");
const rows: Row[] = [];
try {
  rows.push(await beside("config -q, 3 services", realistic(3)));
  rows.push(await beside("config -q, 1000 services", realistic(1000)));
  rows.push(await loader(1000));
} finally {
  rmSync(folder, { recursive: true });
}
report("config", rows);

async function beside(what: string, text: string): Promise<Row> {
  writeFileSync(join(folder, "compose.yaml"), text);
  const [theirs, ours] = await rounds([
    { config: () => dockerCompose(undefined, ["config", "-q"], { cwd: folder }) },
    { config: () => command(process.execPath, [k2, "config", "-q"], { cwd: folder }) },
  ]);
  return { what, compose: theirs!.get("config")!, k2: ours!.get("config")! };
}

/** In a new process. */
async function loader(services: number): Promise<Row> {
  writeFileSync(join(folder, "compose.yaml"), realistic(services));
  const nothing = { stdout: "", stderr: "", code: 0 };
  const time = await seconds(() => load({ cwd: folder, env: {} }).then(() => nothing));
  return { what: `load() of ${services} services, once`, k2: `${time.toFixed(2)} s` };
}

/** Typical services of 20 lines each. */
function realistic(count: number): string {
  const services = Array.from({ length: count }, (_, at) => service(at)).join("");
  const volumes = Array.from({ length: 20 }, (_, at) => `  data${at}:\n`).join("");
  return `name: bench\nservices:\n${services}networks:\n  front:\n  back:\nvolumes:\n${volumes}`;
}

function service(at: number): string {
  return `  s${at}:
    image: registry.example.org/team/app:1.${at}
    command: ["serve", "--port", "8080"]
    environment:
      NAME: s${at}
      LEVEL: \${LEVEL:-info}
    ports:
      - "${10000 + at}:8080"
    volumes:
      - data${at % 20}:/data
      - ./conf:/etc/conf:ro
    networks: [front, back]
    depends_on: [${at % 10 === 0 ? "" : `s${at - 1}`}]
    labels:
      team: t${at % 7}
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080"]
      interval: 10s
    restart: unless-stopped
    deploy: {resources: {limits: {memory: 64m}}}
`;
}
