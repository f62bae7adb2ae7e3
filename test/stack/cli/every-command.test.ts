import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { cli, type CliResult } from "../../support/cli/cli-run.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";

/** A compose file without a state, a state without a compose file, or only labels on the engines. */
type Situation = "file" | "state" | "labels";
const situations: Situation[] = ["file", "state", "labels"];

const wantsFile =
  /^error: no compose file in \S+ or the folders above it\n {2}Create k2-compose\.yml, or pass -f FILE\.\n$/;
const withoutFile = { state: [7, wantsFile], labels: [7, wantsFile] } as const;
const noState = /^error: no stack is selected, so there is no state to change/;

/** A pattern for both outputs; a number before it is the exit code (default: 0). */
type Expected = RegExp | readonly [number, RegExp];
type Row = [line: string, expected: Expected, but?: Partial<Record<Situation, Expected>>];

/** Run in this order. Each command leaves the containers as they were for the next one. */
const rows: Row[] = [
  ["ps", /\| db +\|.*\| running +\|(.|\n)*\| web +\|.*\| running +\| +\| - db/],
  ["ps web", /\| web +\|.*running/],
  ["ps -q web", /^[0-9a-f]{64}\n$/],
  ["ps --json", /"from": "container:web@default",\n +"to": "container:db@default"/],
  ["show", /│ default +│ \S+ +│ - db +│\n.*│ - web +│/],
  [
    "show web",
    /│ image +│ k2-test\/busybox:1/,
    { labels: [7, /web is running, but neither a compose file nor the state here has/] },
  ],
  ["show nothing", [7, /no such service: nothing \(available: db, web\)/]],
  ["show --placement", /web +(│ )?default/],
  ["show --format json", /"from": "web@default",\n +"to": "db@default"/],
  ["show --format mermaid", /web_40_default\["web: running/],
  ["logs", /web_1 {2}\| hello/],
  ["logs --no-log-prefix w*", /^hello$/m],
  ["top web", /^web +1 +default .*sleep 3600$/m],
  ["port web 80", /^\d+\.\d+\.\d+\.\d+:\d+\n$/],
  ["stats --no-stream web", /-web-1 +default +\d+\.\d\d%/],
  ["events --since 1 --until 2", /^$/],
  ["inspect web", /│ k2-test\/busybox:1 │ web +│ [0-9a-f]{12} │/],
  ["volumes", /^local +\S+_data +default$/m],
  ["ls -q", /-/],
  ["images web", /-web-1 +default +k2-test\/busybox +1 /],
  ["images --history web", /│ \* │ \d │/],
  ["images --history -q web", /^(sha256:[0-9a-f]{64}\n)+$/],
  ["images --history --format json web", /"Current": true,\n +"Here": true/],
  ["help web", /^web Help:\n\n {3}\(the image has no \/docs\)\nEnd\n$/],
  ["help ps", /List containers|Usage: k2-compose ps/],
  ["exec -T web echo hi", /^hi\n$/],
  ["exec -T web -- echo hi", /^hi\n$/],
  ["bash web -- sh -c exit", /^$/],
  ["cp web:/etc/hostname -", /hostname/],
  ["alpha viz", [2, /k2-compose viz/]],
  ["up --dry-run", [2, /k2-compose preview/]],
  ["stop -t 0 web", /^Stopping \[web\] \.\.\.\nDone\.\n/],
  ["ps web", [8, /\| web +\|.*stopped/]],
  [
    "exec web true",
    [6, /-web-1 is not running \(it is exited\)\n {2}Run `k2-compose start web` to start it\./],
  ],
  ["attach web", [6, /is not running/]],
  ["wait web", [137, /^137\n$/]],
  ["start", /^Starting \[db\] \.\.\.\nDone\.\nStarting \[web\] \.\.\.\nDone\.\n/],
  ["restart -t 0 web", /^Stopping \[web\] \.\.\.\nDone\.\nStarting \[web\] \.\.\.\nDone\.\n/],
  ["pause web", /^Pausing \[web\] \.\.\.\nDone\.\n/],
  ["unpause web", /^Unpausing \[web\] \.\.\.\nDone\.\n/],
  ["kill -s CONT web", /^Killing \[web\] \.\.\.\nDone\.\n$/],
  ["rm web", [6, /^Removing \[web\] \.\.\.\nerror: default: web is running\n/]],
  ["save --suffix x --only-tag --no-interaction web", /^do +k2-test\/busybox:1 => k2-test\/busybox:1x$/m],
  ["build", /^Nothing to build: no service has a build section\.$/m, withoutFile],
  ["push", /^Nothing to push: no service has both a build section and an image name\.$/m],
  ["hosts", /^default +\* +Running +tcp:/m],
  ["hosts ip default default", /^(\d+\.\d+\.\d+\.\d+\n){2}$/],
  ["hosts env default default", [2, /one host expected, not default default/]],
  ["hosts status default", /^Running\n$/],
  ["hosts env default", /^export DOCKER_HOST='tcp:/],
  ["hosts config default", /^-H=tcp:/],
  ["hosts active", /^default\n$/],
  ["hosts inspect default", /"services": \[\n +"db",\n +"web"\n +\]/],
  ["hosts ip nowhere", [7, /no such host: nowhere \(available: default\)/]],
  ["agent --once", /^put \w+\.containers\.web\.mem_limit \d+ \d+ host=default container=web$/m],
  ["version", /^k2-compose \d/],
  ["env", /PULUMI_CONFIG_PASSPHRASE_FILE/],
  // Completion must be fast at the Tab key.
  ["completion --words -- logs w", /^web\n$/],
  ["config --services", /^db\nweb\n$/, withoutFile],
  ["preview", /= web +adopt \S+-web-1: no restart/, withoutFile],
  ["run --rm --no-deps web echo hi", /hi\n/, withoutFile],
  ["scale -y web", [2, /web: must be SERVICE=NUMBER/]],
  ["create -y nothing", [7, /nothing/], withoutFile],
  ["watch", [2, /no service has develop\.watch/], withoutFile],
  ["up nothing", [7, /nothing/], withoutFile],
  ["rollback --list", [7, /no earlier deployments found/], { state: /\+web@default/ }],
  ["forget-host -y default", [7, noState], { state: [6, /default answers/] }],
  ["refresh", [7, /stack \S+ has no deployment/], { state: /The state matches the hosts\./ }],
  // Resources of a stack are not removed without its state.
  ["down -y", [6, /belongs to the stack \S+, whose state is not available here/], { state: /removed/ }],
];

describe("every command, by file, by state, and by labels alone", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  let places: Record<Situation, { cwd: string; env: NodeJS.ProcessEnv; words: string[] }>;

  before(async () => {
    shop = folder("where", { env: { DOCKER_HOST: host("a").address } });
    shop.write("compose.yml", file);
    const [empty, home] = ["empty", "nobody"].map((name) => join(shop.home, name)) as [string, string];
    for (const path of [empty, home]) mkdirSync(path);
    const words = ["-p", shop.project];
    const stateless = { ...shop.env, HOME: home };
    places = {
      file: { cwd: shop.folder, env: stateless, words: [] },
      state: { cwd: empty, env: shop.env, words },
      labels: { cwd: empty, env: stateless, words },
    };
    await shop.mustCli("up", "-y");
  });

  const run = async (situation: Situation, line: string, attempts = 20): Promise<CliResult> => {
    const { words, ...where } = places[situation];
    const result = await cli([...words, ...line.split(" ")], where);
    // Completion does not wait for a slow engine, so its output may be empty.
    const isLate = line.startsWith("completion") && result.stdout === "";
    return isLate && attempts > 0 ? run(situation, line, attempts - 1) : result;
  };

  for (const [line, usual, but = {}] of rows)
    it(line, async () => {
      for (const situation of line.startsWith("down") ? (["file", "labels", "state"] as const) : situations) {
        const expected = but[situation] ?? usual;
        const [wanted, text] = expected instanceof RegExp ? [0, expected] : expected;
        const { code, stdout, stderr } = await run(situation, line);
        assert.match(stdout + stderr, text, situation);
        assert.equal(code, wanted, `${situation}: ${stderr}`);
        if (line.startsWith("agent"))
          assert.match(
            readFileSync(join(places[situation].cwd, "dashboard.json"), "utf8"),
            /"title": "web: CPU"/,
            situation,
          );
      }
    });

  it("must leave nothing behind after `down`", async () => {
    assert.deepEqual(await containersOf(host("a"), shop.project), []);
  });
});

const file = `services:
  db:
    image: k2-test/busybox:1
    command: sleep 3600
    stop_signal: SIGKILL
    volumes: ["data:/data"]
  web:
    image: k2-test/busybox:1
    command: sh -c "echo hello; sleep 3600"
    stop_signal: SIGKILL
    depends_on: [db]
    ports: ["127.0.0.1::80"]
volumes: { data: {} }
`;
