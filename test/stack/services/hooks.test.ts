import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { containersOf, engine, type ContainerInfo, removeProject } from "../../support/bed/http-engine.js";
import { retag, useBed } from "../../support/bed/use-bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import type { CommandResult } from "../../support/cli/command.js";
import { composeMissing, dockerCompose } from "../../support/docker-compose/docker-compose.js";
import { rarely } from "../../support/rarely.js";

const hookImage = "k2-test/hook:1";
const shell = (text: string) => JSON.stringify(["sh", "-c", text]);
/** Writes what a hook sees of its attributes. */
const seen = (hook: string) => note(`${hook} $$A $$B $$(id -u) $$PWD`);
const note = (text: string) => shell(`echo ${text} >> /log/hooks`);

interface Left extends ContainerInfo {
  Config: ContainerInfo["Config"] & { User: string };
  HostConfig: { VolumesFrom: string[] };
  NetworkSettings: { Networks: Record<string, { Aliases: string[] }> };
}

const compose = ({ first = "$$A $$B $$(id -u)", perReplica = false } = {}) =>
  `services:
  web:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    environment: {A: service, B: service}
    volumes: ["log:/log"]
    depends_on: {log: {condition: service_healthy}}
    pre_start:
      - {command: ${note(`pre_start ${first}`)}, environment: [B=hook], user: "7"}
      - {command: ${note("own image")}, image: ${hookImage}, working_dir: /tmp, per_replica: ${perReplica}}
    post_start: [{command: ${seen("post_start")}, environment: [B=hook], user: "7", working_dir: /tmp}]
    pre_stop: [{command: ${seen("pre_stop")}, environment: [B=hook], user: "7", working_dir: /tmp}]
  # Lets the user of the first hook write.
  log: {image: k2-test/busybox:1, command: ["sh", "-c", "chmod 777 /log; exec sleep 3600"], volumes: ["log:/log"], stop_signal: SIGKILL, healthcheck: {test: "[ $$(stat -c %a /log) = 777 ]", interval: 100ms}}
volumes: {log: {}}
`;

describe("hooks", { skip: bedMissing() ?? composeMissing() }, () => {
  const { host, folder, cleanUp } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  let theirs: string;
  before(async () => {
    await retag(host("a"), "k2-test/busybox:1", hookImage);
    shop = folder("hooks", { env: { DOCKER_HOST: host("a").address }, files: { "compose.yaml": compose() } });
    theirs = `${shop.project}-theirs`;
  });
  cleanUp(() => removeProject(host("a"), theirs));

  const runDockerCompose = (...args: string[]) =>
    dockerCompose(host("a"), ["-p", theirs, "-f", "compose.yaml", ...args], { cwd: shop.folder });
  const dockerComposes = async (...args: string[]) => {
    const { code, stdout, stderr } = await runDockerCompose(...args);
    if (code !== 0) throw new Error(`docker compose ${args.join(" ")}: ${stderr}`);
    return stdout;
  };

  it("run when docker compose runs them, in containers of their own before the start", async () => {
    const commands = [
      ["up", "-d"],
      ["up", "-d", "--scale", "web=2"],
      ["stop", "web"],
      // Ends after its own hook.
      [
        "run",
        "--rm",
        "-T",
        "web",
        "sh",
        "-c",
        "until tail -n 1 /log/hooks | grep post_start; do sleep 0.1; done",
      ],
      ["start", "web"],
      ["restart", "-t", "0", "web"],
    ];
    const logs: string[][] = [[], []];
    for (const args of commands) {
      await dockerComposes(...args);
      await shop.mustCli(...args, ...(args[0] === "stop" || args[0] === "restart" ? ["-y"] : []));
      const read = ["exec", "-T", "log", "cat", "/log/hooks"];
      logs[0]!.push(`${args.join(" ")}\n${await dockerComposes(...read)}`);
      logs[1]!.push(`${args.join(" ")}\n${await shop.mustCli(...read)}`);
    }
    assert.deepEqual(logs[1], logs[0]);
    assert.match(await shop.mustCli("up", "--scale", "web=2"), /^Nothing to do/m);
  });

  rarely("keep the container of a hook that failed for inspection, until the next run", async () => {
    shop.write("compose.yaml", compose({ first: "; echo why >&2; exit 3" }));
    await assert.rejects(dockerComposes("up", "-d", "web"), /exited with code 3/);
    const { code, stdout, stderr } = await shop.cli("up");
    assert.notEqual(code, 0, stdout + stderr);
    assert.match(stdout + stderr, /pre_start\[0\] of web exited with 3\n[^]*its last lines:\n[^]* why\n/);
    const [ours, reference] = [await left(shop.project), await left(theirs)];
    assert.deepEqual(ours, reference);
    assert.equal(ours.length, 1);
    const services = async () =>
      (await containersOf(host("a"), shop.project)).filter(isReplica).map(({ State }) => State.Status);
    assert.deepEqual(await services(), ["running"], "the replica before is restored");

    shop.write("compose.yaml", compose({ perReplica: true }));
    await shop.mustCli("up", "--scale", "web=2");
    assert.deepEqual(await left(shop.project), []);
    const log = await shop.mustCli("exec", "-T", "log", "cat", "/log/hooks");
    assert.equal(
      log
        .split("\n")
        .slice(-8)
        .filter((line) => line === "own image").length,
      2,
      log,
    );

    shop.write("compose.yaml", compose({ first: "; exit 3" }));
    assert.notEqual((await shop.cli("up")).code, 0);
    await shop.mustCli("down", "-v");
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });

  rarely(
    "are privileged where docker compose's are, or refused with the same message by an engine without privileges",
    async () => {
      const service = "image: k2-test/busybox:1, command: sleep 3600, stop_signal: SIGKILL";
      const hook = '[{command: ["grep", "-q", "ffffffff$$", "/proc/self/status"], privileged: true}]';
      shop.write(
        "compose.yaml",
        `services:\n  before: {${service}, pre_start: ${hook}}\n  after: {${service}, post_start: ${hook}}\n`,
      );
      const outcome = ({ code, stderr }: CommandResult) =>
        code === 0
          ? "privileged"
          : (/(unable to|error during) [^\n]*operation not permitted/.exec(stderr)?.[0] ?? stderr);
      for (const name of ["before", "after"]) {
        const ours = await shop.cli("up", name);
        const reference = await runDockerCompose("up", "-d", name);
        assert.equal(outcome(ours), outcome(reference));
      }
      await dockerComposes("down", "-t", "0");
      await shop.mustCli("down");
    },
  );

  const isHook = ({ Config }: ContainerInfo) => Config.Labels["com.docker.compose.hook"] === "pre_start";
  const isReplica = ({ Config }: ContainerInfo) =>
    Config.Labels["com.docker.compose.service"] === "web" &&
    Config.Labels["com.docker.compose.hook"] === undefined;

  /** The settings of the hooks' containers, without the project's name. */
  async function left(project: string) {
    const found = (await containersOf(host("a"), project)).filter(isHook);
    return Promise.all(
      found.map(async ({ Id }) => {
        const { Config, HostConfig, NetworkSettings, State } = await engine<Left>(
          host("a"),
          "GET",
          `/containers/${Id}/json`,
        );
        const { ["k2-compose.stack"]: _, ...labels } = Config.Labels;
        const text = JSON.stringify({
          ...{
            labels,
            state: [State.Status, State.ExitCode],
            image: Config.Image,
            cmd: Config.Cmd,
            user: Config.User,
            env: Object.entries(Object.fromEntries(Config.Env.map((entry) => entry.split("=")))).sort(),
          },
          mounts: HostConfig.VolumesFrom.length,
          networks: Object.entries(NetworkSettings.Networks).map(
            ([name, { Aliases }]: [string, { Aliases: string[] }]) => [
              name,
              Aliases.filter((alias: string) => !Id.startsWith(alias)),
            ],
          ),
        });
        return text.replaceAll(project, "PROJECT");
      }),
    );
  }
});
