import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { openTerminal, type Terminal, terminalMissing } from "../../support/cli/tmux.js";

const long = "a-service-whose-name-would-not-fit-into-a-line-of-eighty-columns-with-anything-beside-it";
const file = (value: string) => `services:
  slow:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    environment: { VALUE: "${value}" }
    healthcheck: { test: [CMD, sh, -c, "sleep 1"], interval: 1s, start_period: 20s }
  ${long}:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    healthcheck: { test: [CMD, sh, -c, "sleep 1"], interval: 1s, start_period: 20s }
`;

describe("`up` in a terminal of 80 columns", { skip: bedMissing() ?? terminalMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  const answer = (key: string) => async (terminal: Terminal) => {
    await terminal.until((screen) => screen.some((line) => line.includes("Are you sure? [yN]")));
    terminal.type(key, "Enter");
    return terminal.ended();
  };
  before(() => {
    shop = folder("term", { files: { "compose.yml": file("1") }, env: { DOCKER_HOST: host("a").address } });
  });

  it("must show what it waits for, and leave a line for each completed step", async () => {
    const waits = new Set<string>();
    const { code, history } = await inTerminal(["up"], async (terminal) => {
      // tmux may read the screen while a line is being drawn, so a line is wrong only if it stays wrong.
      let drawn: string[] = [];
      return terminal.ended((screen) => {
        const wrong = screen.filter((line) => !expected.test(line));
        for (const line of wrong)
          assert.ok(!drawn.includes(line), `an incomplete or unexpected line: ${line}\n${screen.join("\n")}`);
        drawn = wrong;
        for (const line of screen) {
          if (/^slow@default +\d+ s {2}wait for \S+-slow-1: starting/.test(line)) waits.add(line);
        }
      });
    });
    assert.equal(code, 0, history.join("\n"));
    assert.ok(waits.size > 0, "the wait for slow-1 was shown");
    assert.deepEqual(
      history.filter((line) => line.includes("wait for")),
      [],
      "progress is not kept in the history",
    );
    assert.equal(history.filter((line) => /^slow@default +created/.test(line)).length, 1, history.join("\n"));
    assert.equal(history.at(-1), "default: 3 created");
  });

  it("must ask for confirmation before it replaces anything, and change nothing after the answer no", async () => {
    const [, before] = await containersOf(host("a"), shop.project);
    shop.write("compose.yml", file("2"));
    assert.equal((await inTerminal(["up"], answer("n"))).code, 1);
    assert.equal((await containersOf(host("a"), shop.project))[1]!.Id, before!.Id);
    assert.equal((await inTerminal(["up"], answer("y"))).code, 0);
    assert.ok((await containersOf(host("a"), shop.project))[1]!.Config.Env.includes("VALUE=2"));
  });

  it("must use colours in a terminal, none with NO_COLOR, and none in a pipe", async () => {
    shop.write("compose.yml", file("3"));
    // eslint-disable-next-line no-control-regex
    const sequence = /\u001b\[[\d;]*m/;
    assert.match((await inTerminal(["preview"])).coloured, sequence);
    shop.env.NO_COLOR = "1";
    assert.doesNotMatch((await inTerminal(["preview"])).coloured.replaceAll("\u001b[39m", ""), sequence);
    delete shop.env.NO_COLOR;
    const piped = await shop.mustCli("up");
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(piped, /[\u001b\r]/);
    assert.match(piped, /^slow@default +updated +\d+\.\d s$/m);
  });

  it("must ask before it takes over containers that another folder has deployed", async () => {
    const env = { DOCKER_HOST: host("a").address, COMPOSE_PROJECT_NAME: shop.project };
    const rival = folder("rival", { files: { "compose.yml": file("rival") }, env });
    const deployed = async () => {
      const [, slow] = await containersOf(host("a"), shop.project);
      return { id: slow!.Id, value: slow!.Config.Env.find((text) => text.startsWith("VALUE=")) };
    };
    const before = await deployed();
    const refused = await rival.cli("up", "slow");
    assert.equal(refused.code, 6, refused.stderr);
    const no = await inTerminal(["up", "slow"], answer("n"), rival);
    assert.equal(no.code, 1, no.history.join("\n"));
    const told = no.history.map((line) => line.trim()).join(" ");
    assert.ok(told.includes(`deployed from ${shop.folder}`), told);
    assert.deepEqual(await deployed(), before);
    const yes = await inTerminal(["up", "-y", "slow"], answer("y"), rival);
    assert.equal(yes.code, 0, yes.history.join("\n"));
    assert.equal((await deployed()).value, "VALUE=rival");
  });

  async function inTerminal(
    args: string[],
    drive: (terminal: Terminal) => Promise<number> = (terminal) => terminal.ended(),
    { launcher, folder: cwd, env }: ComposeFolder = shop,
  ) {
    const terminal = openTerminal([...launcher, ...args], { cwd, env });
    try {
      const code = await drive(terminal);
      return { code, history: terminal.history().filter(Boolean), coloured: terminal.coloured() };
    } finally {
      terminal.close();
    }
  }
});

/** The summary, running operations (cut off at the edge), completed operations, and hosts. */
const expected = new RegExp(
  [
    "^(Creating the stack|Comparing files, state and hosts) …$|^\\d+/\\d+ done, \\d+ s$",
    "^$|^default  tcp|^  \\+ |^\\d+ to create$|^default: ",
    "^(?=.{1,79}$)((network|image) )?\\S+@default +\\d+ s( .*)?$",
    "^a-service-whose-name-.{58}$",
    "^((network|image) )?\\S+@default +created +\\d+\\.\\d s$",
  ].join("|"),
);
