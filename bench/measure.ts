/** Runs, medians and the tables of results. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { command, type CommandOptions, type CommandResult } from "../test/support/cli/command.js";
import { addTo } from "../provider/shared/grouped.js";
import { checkout } from "../test/support/scripts.js";

/** Runs of each measurement. */
export const runs = Number(process.env.K2_BENCH_RUNS ?? 5);

export type Work = () => Promise<CommandResult>;

/** Seconds; throws if the command failed, because a failure is fast. */
export async function seconds(work: Work): Promise<number> {
  const begin = performance.now();
  const { code, stdout, stderr } = await work();
  if (code !== 0) throw new Error(`exit code ${code}:\n${stdout}\n${stderr}`);
  return (performance.now() - begin) / 1000;
}

/** CPU time in seconds, user and system; median of the runs. It depends little on the load of the machine. */
export async function processorSeconds(program: string[], options: CommandOptions): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const script = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null';
    const { code, stderr } = await command("bash", ["-c", script, "bash", ...program], options);
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    const [user = 0, system = 0] = stderr.trim().split("\n").at(-1)!.split(" ").map(Number);
    times.push(user + system);
  }
  return median(times);
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The largest sum of the resident memory of all processes that the work starts, in MiB. */
export async function peakMemory(work: () => Promise<unknown>): Promise<number> {
  let peak = 0;
  const look = () =>
    (peak = Math.max(
      peak,
      descendantsOf(process.pid).reduce((sum, pid) => sum + memoryOf(pid), 0),
    ));
  const timer = setInterval(look, 200);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return peak / 1024;
}

function descendantsOf(pid: number): number[] {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** KiB */
function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** A process may have ended. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Alternates the contenders, so that other load affects all of them. */
export async function rounds(contenders: Round[]): Promise<Map<string, string>[]> {
  const times = contenders.map(() => new Map<string, number[]>());
  for (let run = 0; run < runs; run++) {
    for (const [at, contender] of contenders.entries()) {
      for (const [step, work] of Object.entries(contender)) {
        addTo(times[at]!, step, await seconds(work));
      }
    }
  }
  return times.map(
    (all) => new Map([...all].map(([step, values]) => [step, `${median(values).toFixed(2)} s`])),
  );
}

/** Runs steps in order: each starts with the result of the previous one. */
export type Round = Record<string, Work>;

export interface Row {
  what: string;
  compose?: string;
  k2?: string;
  pulumi?: string;
}

/** Prints the table of a part, and writes it to `results.md` in place of the part's last one. */
export function report(part: string, rows: Row[]): void {
  const text = `${surroundings()}\n\n\`\`\`\n${tableOf(rows)}\n\`\`\``;
  console.log(`\n${part}: ${text}`);
  const known = existsSync(resultsFile) ? readFileSync(resultsFile, "utf8") : "";
  writeFileSync(resultsFile, withPart(known, part, text));
}

const resultsFile = join(checkout, "bench/results.md");

const title = "# What was measured\n\n`npm run bench` writes this file: each part when it is measured.\n";

/** Replaces the section of a part, or adds it. */
export function withPart(text: string, part: string, content: string): string {
  const sections = text.split(/^(?=## )/m).filter((section) => section.startsWith("## "));
  const isPart = (section: string) => section.startsWith(`## ${part}\n`);
  const section = `## ${part}\n\n${content}\n`;
  const all = sections.some(isPart)
    ? sections.map((one) => (isPart(one) ? section : one))
    : [...sections, section];
  return [title, ...all.map((one) => `${one.trimEnd()}\n`)].join("\n");
}

/** The load tells whether other work disturbed the measurement. */
function surroundings(): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0]!.toFixed(1);
  return `${date}, ${cpus().length} processors, ${gib} GiB, Node ${process.version}, load ${load}; median of ${runs}`;
}

function tableOf(rows: Row[]): string {
  const columns = (["compose", "k2", "pulumi"] as const).filter((name) => rows.some((row) => row[name]));
  const titles = { compose: "docker compose", k2: "k2-compose", pulumi: "pulumi" };
  const table = [
    ["", ...columns.map((name) => titles[name])],
    ...rows.map((row) => [row.what, ...columns.map((name) => row[name] ?? "-")]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const padded = (cell: string, at: number) =>
    at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!);
  return table.map((row) => row.map(padded).join("  ").trimEnd()).join("\n");
}
