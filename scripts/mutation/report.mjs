import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join } from "node:path";
import { root } from "../support/paths.mjs";

/** At least so many percent of the mutants are killed. */
const demandedPercent = 85;

/** The words of Stryker. */
const killedStatuses = ["Killed", "Timeout"];
const survivingStatuses = ["Survived", "NoCoverage", "RuntimeError"];

/** Returns the closing lines of a run, survivors first, and whether enough mutants were killed. */
export async function verdict({ files }) {
  // Loaded here, because `npm ci` may have installed it only now.
  const { default: ts } = await import("typescript");
  const mutants = Object.entries(files).flatMap(([file, { source, mutants: found }]) => {
    const path = file.replace(/^dist[/]/, "").replace(/[.]js$/, ".ts");
    const lineOf = sourceLines(ts, path);
    return found.map((mutant) => ({ ...mutant, source, path, line: lineOf(mutant.location.start) }));
  });
  const survivors = mutants
    .filter(({ status }) => survivingStatuses.includes(status))
    .sort((one, other) => one.path.localeCompare(other.path) || one.line - other.line);
  const folders = [...new Set(mutants.map(({ path }) => dirname(path)))].sort();
  const all = score(mutants);
  return {
    lines: [
      ...survivors.map(describe),
      "",
      ...folders.map((folder) =>
        scoreLine(
          folder,
          mutants.filter(({ path }) => dirname(path) === folder),
        ),
      ),
      `${scoreLine("all", mutants)} (at least ${demandedPercent} %)`,
    ],
    good: all.percent >= demandedPercent,
  };
}

/** Returns a function that gives the line in a TypeScript file for a position in the compiled file. */
function sourceLines(ts, path) {
  const { target, module, verbatimModuleSyntax } = JSON.parse(
    readFileSync(join(root, "tsconfig.json"), "utf8"),
  ).compilerOptions;
  const { sourceMapText } = ts.transpileModule(readFileSync(join(root, path), "utf8"), {
    compilerOptions: { target, module, verbatimModuleSyntax, sourceMap: true },
  });
  const map = new SourceMap(JSON.parse(sourceMapText));
  return ({ line, column }) => (map.findEntry(line - 1, column - 1).originalLine ?? line - 1) + 1;
}

function describe({ path, line, mutatorName, source, location: { start, end }, replacement }) {
  const text = source.split("\n").slice(start.line - 1, end.line);
  text[text.length - 1] = text.at(-1).slice(0, end.column - 1);
  text[0] = text[0].slice(start.column - 1);
  const short = (code) => code.replace(/\s+/g, " ").slice(0, 70);
  return `${path}:${line} ${mutatorName}: ${short(text.join("\n"))} -> ${short(replacement)}`;
}

function scoreLine(name, mutants) {
  const { killed, total, percent } = score(mutants);
  return `${name.padEnd(32)} ${killed} of ${total} mutants killed: ${percent.toFixed(1)} %`;
}

function score(mutants) {
  const count = (statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count(killedStatuses);
  const total = killed + count(survivingStatuses);
  return { killed, total, percent: total === 0 ? 100 : (100 * killed) / total };
}
