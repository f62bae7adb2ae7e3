/**
 * Command lines for every command of the catalog, with minimal arguments. New commands are included automatically.
 */
import { catalog, loadCommand } from "../../../cli/catalog.js";
import { cli, type CliResult } from "./cli-run.js";

/** Values for the arguments that commands require, by argument name. */
const argumentValues: Record<string, string> = {
  service: "web",
  "service=number": "web=1",
  command: "true",
  from: "web:/etc/hosts",
  to: ".",
  host: "a",
};

/** Options that make commands end and ask no questions. */
const extraOptions: Record<string, string[]> = {
  agent: ["--once", "--no-dashboard"],
  events: ["--until", "1"],
  save: ["--no-interaction"],
};

/** Returns each command without its required arguments, and with them and --yes. */
export async function commandLines(): Promise<string[][]> {
  const lines = await Promise.all(
    Object.keys(catalog).map(async (name) => {
      const { args = "", options = [] } = await loadCommand(name);
      const demanded = [...args.matchAll(/<([^>.]+)(\.\.\.)?>/g)].map(([, word]) => word!);
      const unknown = demanded.filter((word) => !(word in argumentValues));
      if (unknown.length > 0)
        throw new Error(`every-command.ts has no value for the argument <${unknown[0]}>`);
      const yes = options.some(({ flags }) => flags.split(/[ ,]+/).includes("--yes")) ? ["--yes"] : [];
      const whole = [
        name,
        ...(extraOptions[name] ?? []),
        ...yes,
        ...demanded.map((word) => argumentValues[word]!),
      ];
      return name in extraOptions || whole.length === 1 ? [whole] : [[name], whole];
    }),
  );
  return lines.flat();
}

/**
 * Runs all commands and returns their standard error and exit codes, grouped by equal output. Throws if a command
 * does not end, prints nothing, or prints internals (undefined, stack traces).
 */
export async function runEveryCommand(
  before: string[],
  surroundings: { cwd: string; env: Record<string, string | undefined> },
  shown: (text: string) => string,
): Promise<string> {
  const found = new Map<string, string[]>();
  for (const line of await commandLines()) {
    const asTyped = ["k2-compose", ...before, ...line].join(" ");
    const result = await inTime(asTyped, cli([...before, ...line], surroundings));
    const { code, stdout, stderr } = result;
    const isUnreadable = /undefined|\[object|NaN|is a bug|^\s+at \S+ \(/m.test(stderr);
    // `events` prints nothing when there are none.
    const isMute = stdout + stderr === "" && line[0] !== "events";
    if (isUnreadable || isMute) throw new Error(`${asTyped}: ${code}\n${stdout}${stderr}`);
    const output = stderr === "" ? "(nothing)\n" : stderr.replaceAll(/^(?=.)/gm, "  ");
    const key = shown(`exit code ${code}, and on stderr:\n${output}`);
    found.set(key, [...(found.get(key) ?? []), asTyped]);
  }
  return [...found].map(([output, lines]) => [...lines, output].join("\n")).join("\n");
}

async function inTime(line: string, work: Promise<CliResult>): Promise<CliResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${line} does not end`)), 300_000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
