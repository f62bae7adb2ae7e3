import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, volumesOf } from "../../support/bed/http-engine.js";
import { argumentsIn, commandsIn, shown, textOf } from "../../support/docs/pages.js";
import { useBed } from "../../support/bed/use-bed.js";

const commands = argumentsIn(shown("docs/up.md", "k2-compose preview"));

const compose = `services:
  web: &sleeper
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    depends_on: [db]
  db:
    <<: *sleeper
    depends_on: []
    volumes: [data:/data]
volumes:
  data:
`;

describe("docs/up.md", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  before(() => {
    shop = folder("docs", { files: { "compose.yml": compose }, env: { DOCKER_HOST: host("a").address } });
  });

  it("must show commands that do what their comments say", async () => {
    const seen: Record<string, string> = {};
    for (const args of commands) {
      const output = await shop.mustCli(...args);
      const names = (await containersOf(host("a"), shop.project)).map(({ Name }) =>
        Name.slice(shop.project.length + 1),
      );
      const volumes = (await volumesOf(host("a"), shop.project)).length;
      const idle = output.includes("Nothing to do") ? ", nothing to do" : "";
      seen[`${Object.keys(seen).length} ${args.join(" ")}`] = `${names.join(" ")}, ${volumes} volumes${idle}`;
    }
    assert.deepEqual(seen, {
      "0 preview": ", 0 volumes",
      "1 up": "db-1 web-1, 1 volumes",
      "2 up": "db-1 web-1, 1 volumes, nothing to do",
      "3 up --scale web=2 web": "db-1 web-1 web-2, 1 volumes",
      "4 rollback": "db-1 web-1, 1 volumes",
      "5 refresh": "db-1 web-1, 1 volumes",
      "6 down": ", 1 volumes",
      "7 down -v": ", 0 volumes",
    });
  });

  it("must be followed by scripts that run without a terminal", async () => {
    const printed = await shell(shown("docs/from-docker-compose.md", "k2-compose up -y"));
    assert.match(printed, /^\| web +\| default +\| running/m);
    assert.match(printed, /^\{.*"Service":"web".*"Host":"default"|^\{.*"Host":"default".*"Service":"web"/m);
    assert.deepEqual(await volumesOf(host("a"), shop.project), []);
  });

  it("must be able to forget what it did", async () => {
    assert.match(await shop.mustCli("rollback", "--list"), /\+web@default/);
    const history = join(shop.home, ".k2-compose/state/.pulumi/history");
    const [project = ""] = readdirSync(history);
    const [stack = ""] = readdirSync(join(history, project));
    const [removal = ""] = commandsIn(shown("README.md", "rm -r STATE/.pulumi/history"));
    const here = { STATE: join(shop.home, ".k2-compose/state"), PROJECT: project, STACK: stack };
    await shell(removal.replaceAll(/STATE|PROJECT|STACK/g, (name) => here[name as keyof typeof here]));
    assert.match((await shop.cli("rollback", "--list")).stderr, /no earlier deployments found/);
  });

  async function shell(lines: string): Promise<string> {
    const script = ["k2-compose() {", `${shop.launcher.join(" ")} "$@"`, "}", "set -e", lines].join("\n");
    const { code, stdout, stderr } = await command("bash", ["-c", script], {
      cwd: shop.folder,
      env: shop.env,
    });
    assert.equal(code, 0, `${lines}\n${stdout}\n${stderr}`);
    return stdout;
  }

  it("must explain every symbol that a preview prints", () => {
    for (const mark of ["+", "=", "~", "!", "-", "?"])
      assert.ok(textOf("docs/up.md").includes(`| \`${mark}\` |`), mark);
  });
});
