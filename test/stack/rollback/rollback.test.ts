import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { bedMissing } from "../../support/bed/bed.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { containersOf, engine, volumesOf } from "../../support/bed/http-engine.js";
import { argumentsIn, shown } from "../../support/docs/pages.js";
import { useBed } from "../../support/bed/use-bed.js";

const build = (page: string) => `FROM k2-test/busybox:1\nRUN echo ${page} > /page\nCMD ["sleep", "3600"]\n`;
const web = (greeting: string, more: string) => `  web:
    build: ./web
    stop_signal: SIGKILL
    environment: { GREETING: ${greeting} }
    secrets: [token]
${more}`;
const idle = "{image: k2-test/busybox:1, command: sleep 3600, stop_signal: SIGKILL";
const secrets = "secrets:\n  token: {file: ./token.txt}\n";
const first = `services:\n${web("hello", "")}  old: ${idle}}\n${secrets}`;
const second = `services:
${web("again", "    scale: 2\n")}  young: ${idle}, volumes: ["data:/data"], depends_on: [web]}
volumes: {data: {}}
${secrets}`;
const [token, otherToken] = ["first-of-the-vault", "second-of-the-vault"];

/** The commands of docs/rollback.md, with the number of the deployment that this test rolls back to. */
const page = shown("docs/rollback.md", "k2-compose rollback --list").replaceAll(" 3 ", " 1 ");
const [list = [], back = [], preview = [], toNumber = []] = argumentsIn(page);

describe("`k2-compose rollback`", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a"] });
  let shop: ComposeFolder;
  const printed: string[] = [];
  const run = async (...args: string[]) => {
    const text = await shop.mustCli(...args);
    printed.push(text);
    return text;
  };
  const engineHolds = async () =>
    (await containersOf(host("a"), shop.project)).map(({ Name, Image, Config }) => ({
      name: Name.slice(shop.project.length + 1),
      image: Image,
      greeting: Config.Env.filter((text) => text.startsWith("GREETING")),
      hash: Config.Labels["com.docker.compose.config-hash"],
    }));
  const seen: Awaited<ReturnType<typeof engineHolds>>[] = [];

  before(async () => {
    shop = folder("back", {
      files: { "compose.yaml": first, "web/Dockerfile": build("one"), "token.txt": token },
      env: { DOCKER_HOST: host("a").address },
    });
    await run("up");
    seen.push(await engineHolds());
    shop.write("compose.yaml", second);
    shop.write("web/Dockerfile", build("two"));
    shop.write("token.txt", otherToken);
    await run("up");
    seen.push(await engineHolds());
  });

  it("must list what each deployment changed", async () => {
    const [head, one, two] = (await run(...list)).split("\n");
    assert.match(head!, /^ +# +WHEN +RESULT +CHANGED$/);
    assert.match(one!, /^ +1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +succeeded +\+old@default, \+web@default$/);
    assert.match(two!, /^\* +2 .* -old@default, ~web@default: x1 => x2, \+young@default$/);
  });

  it("must show with --preview what would change, and change nothing", async () => {
    const shownChanges = await run(...preview);
    assert.match(shownChanges, /\+ old\n/);
    assert.match(shownChanges, /~ web\n(.*\n)*? +~ environment\.GREETING: "again" => "hello"\n/);
    assert.match(shownChanges, /- young\n/);
    assert.match(shownChanges, /volume \S+_data .*its data is kept/);
    assert.deepEqual(await engineHolds(), seen[1]);
  });

  it("must restore images, configuration, secrets, replicas and services", async () => {
    assert.match(
      await run(...back),
      /^Rolled back to deployment 1 of .*: the next up deploys them again\.$/m,
    );
    assert.deepEqual(await engineHolds(), seen[0]);
    assert.equal(await inside("/run/secrets/token"), token);
    assert.equal(await inside("/page"), "one");
    assert.deepEqual(await volumesOf(host("a"), shop.project), [`${shop.project}_data`]);
    assert.match(await run(...toNumber), /^Nothing to do: everything matches deployment 1\.$/m);
    assert.match(await run("refresh"), /^The state matches the hosts\.$/m);
  });

  it("must be a deployment itself: two rollbacks lead back to the start", async () => {
    assert.match(await run("rollback"), /^Rolled back to deployment 2 of /m);
    assert.deepEqual(await engineHolds(), seen[1]);
    assert.equal(await inside("/run/secrets/token"), otherToken);
    assert.match(await run("rollback", "--list"), /\(rollback to 1\)\n\* +5 .*\(rollback to 2\)\n/);
    assert.match(await run("up"), /^Nothing to do/m);
  });

  it("must roll back from a failed deployment to the previous one", async () => {
    shop.write("compose.yaml", second.replace("command: sleep 3600", "command: sh -c 'exit 3'"));
    const { code, stdout, stderr } = await shop.cli("up");
    printed.push(stdout, stderr);
    assert.notEqual(code, 0);
    assert.match(await run("rollback"), /^Rolled back to deployment 5 of /m);
    assert.deepEqual(await engineHolds(), seen[1]);
    assert.match(await run("rollback", "--list"), / 6 +\S+ \S+ +failed +~young@default\n\* +7 /);
  });

  it("must restore a removed project, even if the compose file is invalid", async () => {
    await run("down");
    assert.deepEqual(await engineHolds(), []);
    shop.write("compose.yaml", "services: {web: {image: [");
    const back = await run("rollback");
    assert.match(back, /^warning: using the state of \S+ only: compose\.yaml:1:\d+: /m);
    assert.match(back, /^Rolled back to deployment 7 of /m);
    assert.deepEqual(await engineHolds(), seen[1]);
  });

  it("must fail before it changes anything when an image is missing", async () => {
    const [old] = seen[0]!.filter(({ name }) => name === "web-1");
    await engine(host("a"), "DELETE", `/images/${old!.image}?force=1`);
    const { code, stdout, stderr } = await shop.cli("rollback", "1");
    printed.push(stdout, stderr);
    const [id, name] = [old!.image.slice(7, 19), `${shop.project}-web`];
    assert.match(stderr, new RegExp(`cannot roll back to deployment 1: default needs ${name} \\(${id}\\), `));
    assert.match(
      stderr,
      /which is on no host any more, and was never pushed to a registry\n.*Nothing was changed/,
    );
    assert.notEqual(code, 0);
    assert.deepEqual(await engineHolds(), seen[1]);
  });

  it("must refuse unknown numbers and list the known ones, also without a compose file", async () => {
    rmSync(join(shop.folder, "compose.yaml"));
    const { code, stderr } = await shop.cli("rollback", "12");
    assert.match(stderr, /no such deployment: 12\n.*Available: 1, 2, 3, 5, 6, 7, 9 /);
    assert.notEqual(code, 0);
  });

  it("must neither store nor show secrets in plain text", () => {
    const kept = filesIn(shop.home).map((file) => {
      const data = readFileSync(file);
      return (file.endsWith(".gz") ? gunzipSync(data) : data).toString("latin1");
    });
    assert.ok(kept.length > 10);
    for (const text of [...printed, ...kept])
      for (const word of [token!, otherToken!, Buffer.from(token!).toString("base64")])
        assert.ok(!text.includes(word), around(text, word));
  });

  it("must report that no earlier deployment is known", async () => {
    const history = join(shop.home, ".k2-compose/state/.pulumi/history");
    renameSync(history, `${history}.away`);
    const { code, stderr } = await shop.cli("rollback");
    renameSync(`${history}.away`, history);
    assert.match(stderr, /no earlier deployments found: the history folder of the state is empty/);
    assert.notEqual(code, 0);
  });

  async function inside(path: string): Promise<string> {
    return (await shop.mustCli("exec", "-T", "web", "cat", path)).trim();
  }
});

function around(text: string, word: string): string {
  const at = text.indexOf(word);
  return text.slice(Math.max(0, at - 300), at + 100);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() && !path.includes("node_modules"));
}
