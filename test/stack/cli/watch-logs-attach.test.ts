import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { command } from "../../support/cli/command.js";
import { eventually } from "../../support/eventually.js";
import { containersOf, engine } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { openTerminal, type Terminal, terminalMissing } from "../../support/cli/tmux.js";

/** Writes what it sees of its attributes. */
const exec = `(cat *; id -u; echo $$WORD) > /tmp/seen`;

const file = (hosts: string) => `hosts: ${hosts}
services:
  web:
    image: built-here:1
    host: b
    build: { context: ., dockerfile_inline: "FROM k2-test/busybox:1\\nCOPY asset /asset\\n" }
    stop_signal: SIGKILL
    command: sleep 3600
    develop:
      watch:
        - { action: sync, path: ./page, target: /page, include: [index, no.tmp, out], ignore: ["*.tmp"] }
        - { action: sync+restart, path: ./conf, target: /conf }
        - { action: sync+exec, path: ./hook, target: /hook, exec: { command: ["sh", "-c", ${JSON.stringify(exec)}], user: "7", working_dir: /hook, environment: [WORD=from-exec] } }
        - { action: rebuild, path: ./asset }
        - { action: sync, path: ./early, target: /early, initial_sync: true }
  side: { image: "k2-test/busybox:1", host: b, network_mode: "service:web", command: sleep 3600, stop_signal: SIGKILL }
  shell:
    image: k2-test/busybox:1
    host: a
    tty: true
    stdin_open: true
    stop_signal: SIGKILL
    command: sh
  ticks:
    image: k2-test/busybox:1
    host: a
    stop_signal: SIGKILL
    command: sh -c "while true; do echo tick; sleep 1; done"
`;

describe(
  "commands on running containers, in a terminal of 80 columns",
  { skip: bedMissing() ?? terminalMissing() },
  () => {
    const { host, folder } = useBed({ hosts: ["a", "b"] });
    let shop: ComposeFolder;
    let hosts: string;
    before(() => {
      hosts = JSON.stringify({ a: host("a").address, b: host("b").address });
      shop = folder("inside", {
        files: {
          "compose.yml": file(hosts),
          ...{ asset: "one", "page/index": "first", "conf/c": "1", "hook/h": "h", "page/left": "l" },
          ...{
            "early/bird": "tweet",
            "early/.egg": "",
            "page/out": "",
            ".dockerignore": "early/.egg\npage/out\n",
          },
        },
      });
    });
    const open = (...args: string[]) =>
      openTerminal([...shop.launcher, ...args], { cwd: shop.folder, env: shop.env });
    const shows = (text: string) => (screen: string[]) => screen.some((line) => line.includes(text));
    const web = async () =>
      (await containersOf(host("b"), shop.project)).find(({ Config }) => Config.Image.startsWith("built"));
    /** Asserts a command's output in web, eventually: a change may be detected and synced in two parts. */
    const inWeb = (wanted: string, ...words: string[]) =>
      eventually(async () => (await shop.cli("exec", "-T", "web", ...words)).stdout, wanted);
    const isAnother = (was: () => Promise<boolean>) => eventually(was, false);

    it("must sync changes into containers on other hosts, one after the other, until Ctrl-C", async () => {
      const terminal = open("watch");
      try {
        await terminal.until((screen) => screen.some((line) => line.startsWith("Watching /")));
        await inWeb("tweetbird\n", "sh", "-c", "cat /early/bird; ls -A /early");
        shop.write("page/index", "second");
        shop.write("page/no.tmp", "x");
        shop.write("page/out", "x");
        shop.write("page/not-included", "x");
        await terminal.until(shows("sync web@b: index"));
        await inWeb("secondindex\n", "sh", "-c", "cat /page/index; ls /page");
        await command("rm", [`${shop.folder}/page/index`]);
        await terminal.until(
          (screen) => screen.filter((line) => line.includes("sync web@b: index")).length > 1,
        );
        await inWeb("", "ls", "/page");

        const side = async () =>
          (await containersOf(host("b"), shop.project)).find(({ Name }) => Name.endsWith("-side-1"));
        const [{ StartedAt }, before] = [(await web())!.State, await side()];
        shop.write("conf/c", "2");
        await terminal.until(shows("sync+restart web@b: c"));
        await isAnother(async () => (await web())?.State.StartedAt === StartedAt);
        await isAnother(async () => (await side())?.State.StartedAt === before!.State.StartedAt);
        await inWeb("2", "cat", "/conf/c");

        shop.write("hook/h", "called");
        await terminal.until(shows("sync+exec web@b: h"));
        await inWeb("called7\nfrom-exec\n", "cat", "/tmp/seen");

        const images: string[] = [];
        for (const asset of ["two", "three", "four"]) {
          const { Id, Image } = (await web())!;
          images.push(Image);
          shop.write("asset", asset);
          await isAnother(async () => (await web())?.Id === Id);
          await inWeb(asset, "cat", "/asset");
        }
        // A container in web's network has its host name.
        await eventually(
          async () => (await shop.cli("exec", "-T", "side", "hostname")).stdout.trim(),
          (await web())!.Id.slice(0, 12),
        );
        // Images that watch built and replaced are removed; the image from before watch is kept for a rollback.
        await eventually(async () => {
          const left = await engine<{ Id: string }[]>(host("b"), "GET", "/images/json?all=true");
          return images.map((image) => left.some(({ Id }) => Id === image));
        }, [true, false, false]);

        shop.write("page/index", "third");
        await terminal.until(
          () => terminal.history().filter((line) => line === "sync web@b: index").length > 2,
        );
        await inWeb("third", "cat", "/page/index");
        terminal.type("C-c");
        assert.equal(await terminal.ended(), 130);
      } finally {
        terminal.close();
      }
    });

    it("must follow the logs of recreated and added containers", async () => {
      const terminal = open("logs", "-f", "--tail", "1", "ticks");
      try {
        await terminal.until(shows("ticks_1  | tick"));
        shop.write("compose.yml", file(hosts).replace("echo tick", "echo tock"));
        await shop.mustCli("up", "-y", "ticks");
        await terminal.until(shows("ticks_1  | tock"));
        await shop.mustCli("scale", "-y", "ticks=2");
        await terminal.until(shows("ticks_2  | tock"));
        // `cp` copies into all replicas, as docker compose does.
        shop.write("note", "for both");
        await shop.mustCli("cp", "note", "ticks:/note");
        for (const index of ["1", "2"])
          assert.equal(
            await shop.mustCli("exec", "-T", "--index", index, "ticks", "cat", "/note"),
            "for both",
          );
        terminal.type("C-c");
        assert.equal(await terminal.ended(), 130);
      } finally {
        terminal.close();
      }
    });

    it("must report services that cannot be watched before it starts", async () => {
      assert.match((await shop.cli("watch", "--no-up", "ticks")).stderr, /no service has develop\.watch/);
    });

    it("must attach to a container's terminal, and keep it running on detach", async () => {
      const drive = async (terminal: Terminal, ...keys: string[]) => {
        terminal.type("echo $((6*7))", "Enter");
        await terminal.until((screen) => screen.includes("42"));
        terminal.type(...keys);
        return terminal.ended();
      };
      const terminal = open("attach", "shell");
      try {
        assert.equal(await drive(terminal, "C-p", "C-q"), 0);
      } finally {
        terminal.close();
      }
      const states = await containersOf(host("a"), shop.project);
      assert.deepEqual(
        states.map(({ State }) => State.Status),
        ["running", "running", "running"],
      );
    });

    it("must fit container statistics into its columns", async () => {
      const terminal = open("stats");
      try {
        const screen = await terminal.until((lines) => lines.filter((line) => /\d%/.test(line)).length > 2);
        assert.match(screen[0]!, /^NAME +HOST +CPU % +MEM USAGE/);
        for (const line of screen) assert.ok(line.length <= 80, line);
        terminal.type("C-c");
        assert.equal(await terminal.ended(), 130);
      } finally {
        terminal.close();
      }
    });

    it("must use colours in a terminal, and none where they are disabled", async () => {
      const colours = async (words: string[], env: NodeJS.ProcessEnv = {}) => {
        const program = [...shop.launcher, ...words];
        const terminal = openTerminal(program, { cwd: shop.folder, env: { ...shop.env, ...env } });
        try {
          assert.equal(await terminal.ended(), 0);
          // eslint-disable-next-line no-control-regex
          return terminal.coloured().match(/\u001b\[3\dm/g) ?? [];
        } finally {
          terminal.close();
        }
      };
      for (const words of [["ps"], ["logs", "--tail", "1", "*"]]) {
        assert.notDeepEqual(await colours(words), [], words.join(" "));
        assert.deepEqual(await colours(words, { NO_COLOR: "1" }), [], words.join(" "));
        assert.deepEqual(await colours(["--no-color", ...words]), [], words.join(" "));
      }
    });

    it("must attach without input where the container takes none, and detach at Ctrl-C with --sig-proxy=false", async () => {
      const terminal = open("attach", "--sig-proxy=false", "ticks");
      try {
        await terminal.until((screen) => screen.filter((line) => line === "tock").length > 1);
        terminal.type("C-c");
        assert.equal(await terminal.ended(), 130);
        assert.ok(!terminal.history().some((line) => /error|at .*js/.test(line)));
      } finally {
        terminal.close();
      }
    });

    it("must detach by the keys of --detach-keys", async () => {
      const terminal = open("attach", "--detach-keys", "ctrl-x,q", "shell");
      try {
        terminal.type("echo $((6*8))", "Enter");
        await terminal.until((screen) => screen.includes("48"));
        terminal.type("C-x", "q");
        assert.equal(await terminal.ended(), 0);
      } finally {
        terminal.close();
      }
    });

    it("must forward Ctrl-C to a container without a terminal and return its exit code, and end at the third Ctrl-C", async () => {
      const service = (name: string, trap: string) => {
        const command = `sh -c "trap ${trap} INT; while true; do echo ready; sleep 0.2; done"`;
        return `  ${name}: { image: "k2-test/busybox:1", host: a, stop_signal: SIGKILL, command: ${JSON.stringify(command)} }\n`;
      };
      shop.write("compose.yml", file(hosts) + service("listens", "'exit 7'") + service("deaf", "''"));
      await shop.mustCli("up", "-y", "listens", "deaf");
      const interrupted = async (name: string, isDeaf = false) => {
        const terminal = open("attach", name);
        try {
          await terminal.until(shows("ready"));
          terminal.type("C-c");
          const typing = setInterval(() => isDeaf && terminal.type("C-c"), 300);
          return await terminal.ended().finally(() => clearInterval(typing));
        } finally {
          terminal.close();
        }
      };
      assert.deepEqual([await interrupted("listens"), await interrupted("deaf", true)], [7, 130]);
      const states = (await containersOf(host("a"), shop.project))
        .filter(({ Name }) => /listens|deaf/.test(Name))
        .map(({ State }) => State.Status);
      assert.deepEqual(states.sort(), ["exited", "running"]);
    });

    it("must create containers without starting them", async () => {
      const later = '  later: { image: "k2-test/busybox:1", host: a, command: sleep 3600 }\n';
      shop.write("compose.yml", file(hosts) + later);
      await shop.mustCli("create", "-y", "later");
      const made = (await containersOf(host("a"), shop.project)).find(({ Name }) => Name.includes("later"));
      assert.equal(made!.State.Status, "created");
    });
  },
);
