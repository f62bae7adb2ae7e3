import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { bedMissing } from "../../support/bed/bed.js";
import { command } from "../../support/cli/command.js";
import { containersOf, engine, removeProject, volumesOf } from "../../support/bed/http-engine.js";
import { useBed } from "../../support/bed/use-bed.js";
import { shown, textOf } from "../../support/docs/pages.js";
import { checkout } from "../../support/scripts.js";
import type { ComposeFolder } from "../../support/cli/compose-folder.js";
import { linkPackages } from "../../support/cli/workspace.js";

const file = shown("README.md", "hosts:");
const previewDiff = shown("README.md", "    ~ pulumi-nodejs:dynamic");
const preview = shown("README.md", "front  tcp://");
const [withPulumi, withDestroy] = inTwo(shown("README.md", 'eval "$(npx k2-compose env)"'), "pulumi destroy");
const [environment] = withPulumi.split("\n");

describe("the README", { skip: bedMissing() }, () => {
  const { host, folder } = useBed({ hosts: ["a", "b"] });
  let shop: ComposeFolder;
  before(async () => {
    const example = ["Pulumi.yaml", "index.js"].map((name) => [name, textOf(`examples/counter/${name}`)]);
    const files = { "package.json": '{ "type": "module" }\n', "k2-compose.yml": here(file) };
    shop = folder("readme", {
      files: { ...Object.fromEntries(example), ...files },
      env: { PULUMI_SKIP_UPDATE_CHECK: "1" },
    });
    linkPackages(shop.folder);
    for (const name of ["a", "b"]) await removeProject(host(name), "shop");
    await commit("shop/web:1", ["httpd", "-f", "-p", "8000"]);
    await commit("shop/web:2", ["httpd", "-f", "-p", "8000", "-h", "/tmp"]);
    await engine(host("b"), "POST", "/images/k2-example%2Fredis:1/tag?repo=redis&tag=7");
  });

  it("must show a compose file that deploys, by commands that work with stock Pulumi", async () => {
    await shell(withPulumi);
    assert.equal((await containersOf(host("a"), "shop")).map(({ Name }) => Name).join(), "shop-web-1");
    assert.equal((await containersOf(host("b"), "shop")).map(({ Name }) => Name).join(), "shop-redis-1");
  });

  it("must show what the previews print for a changed image", async () => {
    shop.write("k2-compose.yml", here(file).replace("shop/web:1", "shop/web:2"));
    const stock = await shell(`${environment}\npulumi preview --diff`);
    assert.ok(there(stock).includes(withoutUrns(previewDiff)), there(stock));
    const own = await shell(`${environment}\nk2-compose preview`);
    assert.equal(masked(there(own)), masked(preview));
  });

  it("must remove everything except volumes", async () => {
    await shell(`${environment}\n${withDestroy}`);
    assert.deepEqual(
      [...(await containersOf(host("a"), "shop")), ...(await containersOf(host("b"), "shop"))],
      [],
    );
    assert.deepEqual(await volumesOf(host("b"), "shop"), []);
  });

  it("must show commands that work in a folder with nothing but a compose file", async () => {
    mkdirSync(join(shop.folder, "plain"));
    shop.write("plain/k2-compose.yml", here(file));
    const output = await shell(shown("README.md", "k2-compose up\n"), "plain");
    assert.match(output, /redis.*running/);
    assert.deepEqual(await containersOf(host("a"), "shop"), []);
  });

  /** Replaces the README's addresses by those of the bed, and names the project shop. */
  function here(text: string): string {
    const [a, b] = [host("a"), host("b")];
    return `name: shop\n${text}`.replaceAll("10.0.0.5", a.ip).replaceAll("10.0.0.6", b.ip);
  }

  function there(text: string): string {
    return withoutUrns(text.replaceAll(host("a").ip, "10.0.0.5").replaceAll(host("b").ip, "10.0.0.6"));
  }

  /** Runs the lines in a shell, with --yes for Pulumi's questions. */
  async function shell(lines: string, below = ""): Promise<string> {
    const cli = `node ${join(checkout, "bin/k2-compose.js")}`;
    const prelude = [
      `npx() { shift; ${cli} "$@"; }`,
      `k2-compose() { ${cli} "$@"; }`,
      'pulumi() { case $1 in up|refresh|destroy) set -- "$@" --yes --skip-preview;; esac; command pulumi "$@" --non-interactive; }',
    ];
    const script = [...prelude, "set -e", lines].join("\n");
    const { stdout, stderr, code } = await command("bash", ["-c", script], {
      cwd: join(shop.folder, below),
      env: shop.env,
    });
    assert.equal(code, 0, `${lines}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Commits the test image with another command, which need not handle signals. */
  async function commit(image: string, cmd: string[]): Promise<void> {
    const [repository, tag] = image.split(":");
    const body = { Image: "k2-test/busybox:1", Cmd: cmd, StopSignal: "SIGKILL" };
    const { Id } = await engine<{ Id: string }>(host("a"), "POST", "/containers/create", body);
    await engine(host("a"), "POST", `/commit?container=${Id}&repo=${repository}&tag=${tag}`);
    await engine(host("a"), "DELETE", `/containers/${Id}`);
  }
});

function inTwo(text: string, second: string): [string, string] {
  const at = text.indexOf(second);
  return [text.slice(0, at), text.slice(at)];
}

function withoutUrns(text: string): string {
  return text.replaceAll(/^ *\[urn=.*\n/gm, "");
}

/** Masks image ids, which differ from machine to machine. */
function masked(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{12}\b/g, "<id>");
}
