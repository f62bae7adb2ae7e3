/** Collects every error and warning of a load, each with its path and place. */
import { K2Error, K2Errors, type ErrorCode, type Position } from "../../shared/errors.js";
import { placeOf, type Place, setPlace, type Source } from "./tree.js";

export interface Warning {
  at?: Position;
  message: string;
}

const maxErrors = 100;

/** Values that a project may have, with those that aliases, `extends`, `include`, env files and ranges of ports repeat. */
const maxValues = 200_000;
export const tooManyValues = `more than ${maxValues} values, with those that aliases, extends, include, env_file and ranges of ports repeat`;

/** Messages are cut at this length, because they contain values of the file. */
const longestMessage = 2000;

export class Problems {
  readonly errors: K2Error[] = [];
  readonly warnings: Warning[] = [];
  private readonly known = new Set<string>();
  /** Paths in which errors were reported, and the paths of all that encloses them. */
  private readonly failed = new Set<string>();
  /** A file could not be read, so a missing element is not an error. */
  incomplete = false;
  private values = 0;

  /** Counts values of the project; false: it has too many, and the load must end. */
  count(values: number): boolean {
    this.values += values;
    return this.values <= maxValues;
  }

  /** Throws all errors once there are too many, so that a large file with many mistakes is not explained to its end. */
  add(what: string, at?: Position | string, code: ErrorCode = "invalid-file"): void {
    const error = new K2Error(code, cut(what), at === undefined ? {} : { at });
    if (this.known.has(error.message)) return;
    this.known.add(error.message);
    this.errors.push(error);
    if (this.errors.length < maxErrors) return;
    const end = new K2Error("invalid-file", `${maxErrors} errors; the rest of the project is not checked`);
    throw new K2Errors([...this.errors.toSorted(byPlace), end]);
  }

  remember(path: string): void {
    for (const { index } of path.matchAll(/[.[]/g)) this.failed.add(path.slice(0, index));
    this.failed.add(path);
  }

  /** Whether an error was reported in `path`. Its value may have been removed, so a missing element is not an error. */
  failedWithin(path: string): boolean {
    return this.failed.has(path);
  }

  warn(message: string, at?: Position): void {
    if (this.known.has(message)) return;
    this.known.add(message);
    this.warnings.push(at === undefined ? { message } : { at, message });
  }

  get any(): boolean {
    return this.errors.length > 0;
  }

  /** Throws all errors that were reported so far. */
  check(): void {
    if (!this.any) return;
    throw new K2Errors([...this.errors].sort(byPlace));
  }
}

/** The current position of a phase: an entry of a container, under a parent. Its path is built only for a message. */
export class At {
  constructor(
    readonly problems: Problems,
    readonly container?: object,
    readonly key?: string | number,
    readonly parent?: At,
  ) {}

  child(container: object, key: string | number): At {
    return new At(this.problems, container, key, this);
  }

  get path(): string {
    if (this.key === undefined) return "";
    const before = this.parent?.path ?? "";
    if (typeof this.key === "number") return `${before}[${this.key}]`;
    return before === "" ? this.key : `${before}.${this.key}`;
  }

  /** The place of the entry, or of the nearest enclosing entry that has one. */
  get place(): Place | undefined {
    if (this.container === undefined || this.key === undefined) return undefined;
    return placeOf(this.container, this.key) ?? this.parent?.place;
  }

  get position(): Position | undefined {
    return positionIn(this.place, "value");
  }

  /** Adds to the entry's own place, if it has one. */
  note(more: Partial<Place>): void {
    if (this.container === undefined || this.key === undefined) return;
    const place = placeOf(this.container, this.key);
    if (place !== undefined) setPlace(this.container, this.key, { ...place, ...more });
  }

  fail(what: string, code?: ErrorCode): undefined {
    this.problems.remember(this.path);
    this.problems.add(`${this.path}: ${what}`, this.position, code);
    return undefined;
  }

  /** Counts values that short text of the file becomes. Throws if the project has too many. */
  count(values: number): void {
    if (this.problems.count(values)) return;
    this.fail(tooManyValues);
    this.problems.check();
  }

  failAtKey(what: string, code?: ErrorCode): undefined {
    this.problems.remember(this.path);
    this.problems.add(`${this.path}: ${what}`, positionIn(this.place, "key"), code);
    return undefined;
  }

  warn(what: string): undefined {
    this.problems.warn(`${this.path}: ${what}`, this.position);
    return undefined;
  }
}

export function positionIn(place: Place | undefined, part: "key" | "value"): Position | undefined {
  if (place === undefined) return undefined;
  return positionAt(place.source, place[part]);
}

export function positionAt({ file, lines }: Source, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}

function byPlace(a: K2Error, b: K2Error): number {
  if (typeof a.at !== "object" || typeof b.at !== "object")
    return Number(typeof a.at === "object") - Number(typeof b.at === "object");
  return a.at.file.localeCompare(b.at.file) || a.at.line - b.at.line || a.at.column - b.at.column;
}

function cut(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}
