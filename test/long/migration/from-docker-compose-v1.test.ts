import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { pythonCompose } from "../../support/scripts.js";
import type { Workspace } from "../../support/cli/workspace.js";

// Attributes for each place in a container's configuration, as far as docker-compose 1.x supports them.
const compose = (greeting: string, token = "token.txt") => `version: "3.8"
services:
  db:
    image: k2-test/busybox:1
    command: ["sleep", "3600"]
    stop_signal: SIGKILL
    volumes: ["data:/data", "/anonymous"]
    healthcheck: {test: "true", interval: 1s, retries: 3}
  web:
    image: k2-test/busybox:1
    command: sh -c "sleep 3600"
    stop_signal: SIGKILL
    stop_grace_period: 1m30s
    depends_on: [db]
    environment: {GREETING: ${greeting}, EMPTY: ""}
    labels: {tier: front}
    ports: ["8080", "127.0.0.1::53/udp"]
    expose: ["9000"]
    volumes: ["data:/data:ro", "/etc/hostname:/host-name:ro", "/srv"]
    networks: {front: {aliases: [www]}, default: {}}
    links: ["db:database"]
    extra_hosts: ["other:10.1.2.3"]
    cap_add: [NET_ADMIN]
    cap_drop: [SETUID, SETGID]
    ulimits: {nofile: {soft: 1000, hard: 2000}, nproc: 500}
    sysctls: {net.core.somaxconn: 512}
    tmpfs: [/run, /tmp]
    dns: [10.0.0.1]
    restart: on-failure:3
    logging: {driver: json-file, options: {max-size: 1m}}
    mem_limit: 64m
    cpus: 0.3
    pids_limit: 100
    shm_size: 32m
    init: true
    user: "1000"
    working_dir: /tmp
    hostname: web
    read_only: true
    security_opt: [no-new-privileges]
    devices: ["/dev/null:/dev/nothing"]
    group_add: ["4"]
    secrets: [token]
  side:
    image: k2-test/busybox:1
    command: ["sleep", "3600"]
    stop_signal: SIGKILL
    network_mode: service:web
    volumes_from: [db]
  host:
    image: k2-test/busybox:1
    entrypoint: ["sleep", "3600"]
    stop_signal: SIGKILL
    network_mode: host
volumes:
  data:
networks:
  front:
secrets:
  token: {file: ./${token}}
`;

const program = await pythonCompose(() => undefined).catch(() => undefined);
const missing = bedMissing() ?? (program ? undefined : "SKIPPED: no docker-compose 1.29.2 (Debian has it)");

describe("a project that docker-compose 1.29.2 deployed", { skip: missing }, () => {
  const { host, workspace } = useBed({ hosts: ["a"] });
  let shop: Workspace;
  let deployed: string[];
  before(async () => {
    const env = { DOCKER_HOST: host("a").address };
    shop = await workspace("past", { env, files: { "token.txt": "t0k3n", "other.txt": "0ther" } });
    const { PATH } = process.env;
    shop.write("old.yml", compose("hello"));
    const arguments_ = ["-p", shop.project, "-f", "old.yml", "up", "-d"];
    const { code, stderr } = await command(program!, arguments_, { cwd: shop.folder, env: { PATH, ...env } });
    assert.equal(code, 0, stderr);
    deployed = await starts();
    assert.equal(deployed.length, 4);
  });

  const containers = () => containersOf(host("a"), shop.project);
  const starts = async () => (await containers()).map(({ Id, State }) => `${Id} ${State.StartedAt}`).sort();
  const names = async () => (await containers()).map(({ Name }) => Name.slice(shop.project.length));
  const write = (greeting: string, more = "naming: compatibility\n") =>
    shop.write("compose.yml", `name: ${shop.project}\n${more}${compose(greeting)}`);
  const up = (...more: string[]) => shop.mustPulumi("up", "--yes", "--skip-preview", ...more);

  it("must be reported with the compose file's attribute names where it differs from the file", async () => {
    write("howdy");
    const sentence = /_web_1: environment\.GREETING differs: will be recreated/;
    assert.match(await shop.mustPulumi("preview"), sentence);
    const { stdout } = await shop.cli("preview");
    assert.match(stdout, sentence);
    assert.equal(stdout.match(/will be recreated/g)?.length, 1, stdout);
    shop.write(
      "compose.yml",
      `name: ${shop.project}\nnaming: compatibility\n${compose("hello", "other.txt")}`,
    );
    const other = await shop.cli("preview");
    assert.match(other.stdout, /_web_1: \/run\/secrets\/token differs: will be recreated/);
  });

  it("must be reported as adopted where it matches", async () => {
    write("hello");
    const preview = await shop.mustPulumi("preview");
    for (const service of ["db", "host", "side", "web"])
      assert.match(
        preview,
        new RegExp(`adopt \\S+_${service}_1 \\(running, same configuration\\): no restart`),
      );
    assert.doesNotMatch((await shop.cli("preview")).stdout, /will be/);
  });

  it("must be adopted without a restart, and have nothing to do from then on", async () => {
    await up();
    assert.deepEqual(await starts(), deployed);
    assert.deepEqual(await shop.preview(), []);
    await shop.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.match((await shop.cli("preview")).stdout, /^8 unchanged$/m);
    assert.deepEqual(await names(), ["_db_1", "_host_1", "_side_1", "_web_1"]);
  });

  it("must get today's container names without a restart", async () => {
    write("hello", "");
    await up();
    assert.deepEqual(await starts(), deployed);
    assert.deepEqual(await names(), ["-db-1", "-host-1", "-side-1", "-web-1"]);
  });

  it("must be replaced when a mounted secret has changed since", async () => {
    shop.write("token.txt", "t0k3n of today");
    const { stdout } = await shop.cli("preview");
    assert.match(
      stdout,
      /-web-1: contents of configs, secrets or uploaded folders changed: will be recreated/,
    );
    await up();
    assert.equal(
      (await starts()).filter((start) => deployed.includes(start)).length,
      2,
      "web is replaced, and with it side, which shares its network",
    );
    assert.equal(
      await shop.cli("exec", "-T", "web", "cat", "/run/secrets/token").then((ran) => ran.stdout),
      "t0k3n of today",
    );
    assert.deepEqual(await shop.preview(), []);
  });

  it("must be updated like any other, and only where the file changed", async () => {
    write("howdy", "");
    await up();
    assert.equal(
      (await starts()).filter((start) => deployed.includes(start)).length,
      2,
      "web is replaced, and with it side, which shares its network",
    );
    assert.deepEqual(await shop.preview(), []);
  });
});
