import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { catalog, type Entry } from "../../../cli/catalog.js";
import { commandsRunIn } from "../../support/cli/commands-run.js";
import { checkout } from "../../support/scripts.js";

describe("a command", () => {
  const commands = new Set(["unit", "engine", "stack", "long"].flatMap(testSources).flatMap(commandsRunIn));

  for (const [name, { aliases = [] }] of Object.entries<Entry>(catalog))
    it(`must be run by a test of its own: ${name}`, () => {
      const isRun = [name, ...aliases].some((word) => commands.has(word));
      assert.ok(isRun, `no test calls cli("${name}", …)`);
    });
});

describe("commands of a test's source", () => {
  const found: [source: string, ...commands: string[]][] = [
    [`await shop.mustCli("-p", project, "up", "-y");`, "up"],
    [`await cli(["ps", "-q"], { cwd });`, "ps"],
    ["shop.cli(...flags, `logs ${name}`);", "logs"],
    [`openTerminal([...shop.launcher, "run", "web"], { cwd });`, "run"],
    [
      `const k2 = (line: string) => new Terminal(\`\${join(checkout, "bin/k2-compose.js")} \${line}\`);\nk2("bash web");`,
      "bash",
    ],
    [`class Follower extends CliChild {}\nnew Follower(folder, ["events"]);`, "events"],
    [`await dockerCompose(host, ["ps"]); command("docker", ["ps"]); mustPulumi("up"); describe("ps", test);`],
  ];
  for (const [source, ...commands] of found)
    it(`must be ${commands[0] ?? "none"}: ${source.split("\n")[0]}`, () =>
      assert.deepEqual(
        commandsRunIn(source).filter((word) => word !== "?"),
        commands,
      ));
});

function testSources(section: string): string[] {
  return readdirSync(join(checkout, "test", section), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(checkout, "test", section, file), "utf8"));
}
