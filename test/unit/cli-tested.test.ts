import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { catalog, type Entry } from "../../cli/catalog.js";
import { checkout } from "../support/scripts.js";

/** What tests call to run the CLI, with the command's words as arguments; two pairs of parentheses may stand within. */
const call =
  /\b(?:cli|mustCli|cliWith|k2|said|open|inTerminal|openTerminal|Follower|command)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g;

describe("a command", () => {
  const calls = ["unit", "engine", "stack"]
    .flatMap((folder) =>
      readdirSync(join(checkout, "test", folder)).map((file) => join("test", folder, file)),
    )
    .flatMap((file) => readFileSync(join(checkout, file), "utf8").match(call) ?? [])
    .filter((text) => !/\bmust\w*Pulumi\(/.test(text));

  for (const [name, { aliases = [] }] of Object.entries<Entry>(catalog))
    it(`must be run by a test of its own: ${name}`, () => {
      const word = new RegExp(`["'\`](?:-p \\S+ )?(?:${[name, ...aliases].join("|")})(?:["'\`]| )`);
      assert.ok(
        calls.some((text) => word.test(text)),
        `no test in test/unit, test/engine or test/stack calls cli("${name}", …)`,
      );
    });
});
