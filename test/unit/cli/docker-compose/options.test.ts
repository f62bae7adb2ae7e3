/** Every command and option of docker compose exists, or its error names a substitute. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { globalOptions } from "../../../../cli/arguments/global-options.js";
import { commanderOption, type Option } from "../../../../cli/arguments/option.js";
import { catalog, loadCommand } from "../../../../cli/catalog.js";
import { substituteFor } from "../../../../cli/substitutes.js";
import { checkout, composeOracle } from "../../../support/scripts.js";

/** A line for each command: its name, then its options. `K2_UPDATE=1` asks docker compose v5.5.1. */
const fixture = join(checkout, "test/fixtures/cli/docker-compose-options.txt");

/** `--help` of docker compose does not show them. */
const hidden: [command: string, ...options: string[]][] = [
  ["", "--insecure-registry", "--no-ansi", "--verbose", "--version", "--workdir"],
  ["build", "--compress", "--force-rm", "--no-rm", "--parallel", "--progress"],
  ["exec", "--interactive", "--tty"],
  ["pull", "--no-parallel", "--parallel"],
  ["rm", "--all"],
  ["run", "--tty"],
];

describe("docker compose's command line", () => {
  const oracle = process.env.K2_UPDATE ? composeOracle() : undefined;
  if (oracle !== undefined) writeFileSync(fixture, recorded(oracle));
  const rows = readFileSync(fixture, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" "));

  for (const [command = "", ...options] of [...rows, ...hidden])
    it(`has no option without a counterpart: ${command} ${options.join(" ")}`, async () => {
      if (command !== "" && !Object.hasOwn(catalog, command))
        return assert.notEqual(substituteFor(`unknown command '${command}'`), "", command);
      const known = await flagsOf(command);
      const lacking = options.filter(
        (option) => !known.has(option) && substituteFor(`unknown option '${option}'`, command) === "",
      );
      assert.deepEqual(lacking, []);
    });
});

async function flagsOf(command: string): Promise<Set<string>> {
  const own = command === "" ? [] : ((await loadCommand(command)).options ?? []);
  const long = flags(globalOptions).filter((flag) => command === "" || flag.startsWith("--"));
  return new Set([...flags(own), ...long, "--version", "-v"]);
}

function flags(options: Option[]): string[] {
  return options.map(commanderOption).flatMap(({ short, long }) => [short ?? [], long ?? []].flat());
}

function recorded(oracle: string): string {
  const help = (...words: string[]) => execFileSync(oracle, [...words, "--help"], { encoding: "utf8" });
  const root = help();
  const commands = [...root.matchAll(/^ {2}([a-z]+) {2,}/gm)].flatMap(([, name]) => name ?? []);
  const rows = ["", ...commands].map((name) => {
    const text = name === "" ? root : help(name);
    const found = [...text.matchAll(/^ {2,6}(?:(-\w), )?(--[a-z][\w-]*)/gm)];
    return [name, ...found.flatMap(([, short, long]) => [short ?? [], long ?? []].flat())].join(" ");
  });
  return `${[...rows, "alpha"].join("\n")}\n`;
}
