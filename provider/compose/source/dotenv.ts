/** Parser of .env files, env_file and label_file. */
import { substitute, SubstitutionError, type Lookup } from "../interpolate/substitute.js";
import { TextError } from "./text.js";

/**
 * Adds the variables of `text` to `into`; a line may use those of earlier lines. Where it does, the value of the environment,
 * `outer`, overrides that of the file.
 */
export function parseDotenv(text: string, into: Map<string, string>, outer: Lookup): void {
  new DotenvReader(text.replace(/^\uFEFF/, ""), into, outer).read();
}

class DotenvReader {
  private position = 0;

  constructor(
    private readonly text: string,
    private readonly into: Map<string, string>,
    private readonly outer: Lookup,
  ) {}

  read(): void {
    while (this.toStatement()) {
      const { name, inherited } = this.name();
      if (inherited) {
        const value = this.outer(name);
        if (value !== undefined) this.into.set(name, value);
      } else this.into.set(name, this.value());
    }
  }

  private fail(message: string): never {
    throw new TextError(message, this.text.slice(0, this.position).split("\n").length);
  }

  /** Skips blank lines and comments. */
  private toStatement(): boolean {
    const skip = /(?:\s+|#[^\n]*(?:\n|$))*/y;
    skip.lastIndex = this.position;
    skip.test(this.text);
    this.position = skip.lastIndex;
    return this.position < this.text.length;
  }

  private name(): { name: string; inherited: boolean } {
    const rest = this.text.slice(this.position);
    const exported = /^export[^\S\n]+/.exec(rest)?.[0].length ?? 0;
    const statement = rest.slice(exported);
    const match = /^([^=:\n]*)([=:\n]|$)/.exec(statement) ?? ["", "", ""];
    const [, raw = "", end = ""] = match;
    const bad = /[^\p{L}\p{N}\s_.\-[\]]/u.exec(raw);
    const line = statement.split("\n", 1)[0] ?? "";
    if (bad !== null) this.fail(`unexpected "${bad[0]}" in the variable name "${line}"`);
    // The last line, without `=` and line end, names an inherited variable.
    if (end === "") return this.last(statement);
    const name = raw.trimEnd();
    if (name.includes(" ")) this.fail(`a variable name cannot contain a space: "${line}"`);
    this.position += exported + raw.length + 1;
    return { name, inherited: end === "\n" };
  }

  private last(statement: string): { name: string; inherited: boolean } {
    this.position = this.text.length;
    return { name: statement.trim(), inherited: true };
  }

  private value(): string {
    const blank = /[^\S\n]*/y;
    blank.lastIndex = this.position;
    blank.test(this.text);
    this.position = blank.lastIndex;
    const quote = this.text[this.position];
    return quote === '"' || quote === "'" ? this.quoted(quote) : this.bare();
  }

  private bare(): string {
    const end = this.text.indexOf("\n", this.position);
    const line = this.text.slice(this.position, end < 0 ? undefined : end);
    this.position = end < 0 ? this.text.length : end + 1;
    const cut = line.indexOf(" #");
    return this.expand((cut < 0 ? line : line.slice(0, cut)).trimEnd());
  }

  private quoted(quote: string): string {
    let value = "";
    for (let index = this.position + 1; index < this.text.length; index += 1) {
      const character = this.text[index] ?? "";
      if (character === "\\") {
        const next = this.text[index + 1];
        if (next === quote) {
          value += quote;
          index += 1;
        } else if (next === undefined) break;
        else {
          value += `\\${next}`;
          index += 1;
        }
      } else if (character === quote) {
        this.position = index + 1;
        return quote === '"' ? this.expand(unescape(value)) : value;
      } else value += character;
    }
    return this.fail(`unterminated quote: ${this.text.slice(this.position).split("\n", 1)[0] ?? ""}`);
  }

  private expand(value: string): string {
    try {
      return substitute(value, (name) => this.outer(name) ?? this.into.get(name));
    } catch (error) {
      if (error instanceof SubstitutionError) this.fail(error.message);
      throw error;
    }
  }
}

const escapes: Record<string, string> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  $: "$$",
};

function unescape(value: string): string {
  return value.replace(/\\([abcfnrtv$"\\]|0\d{0,3})/g, (match, sequence: string) => {
    if (!sequence.startsWith("0")) return escapes[sequence] ?? match;
    return /^0[0-3][0-7]{2}$/.test(sequence)
      ? String.fromCharCode(Number.parseInt(sequence.slice(1), 8))
      : match;
  });
}
