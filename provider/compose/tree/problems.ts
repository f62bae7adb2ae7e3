/** Collects every error and warning of a load, each with its path and place. */
import { K2Error, K2Errors, type ErrorCode, type Position } from "../../shared/errors.js";
import { placeOf, type Place, setPlace } from "./tree.js";

export interface Warning {
  at?: Position;
  message: string;
}

export class Problems {
  readonly errors: K2Error[] = [];
  readonly warnings: Warning[] = [];
  private readonly failed: string[] = [];
  /** A file could not be read, so a missing element is not an error. */
  incomplete = false;

  add(what: string, at?: Position | string, code: ErrorCode = "invalid-file"): void {
    const error = new K2Error(code, what, at === undefined ? {} : { at });
    if (!this.errors.some((other) => other.message === error.message)) this.errors.push(error);
  }

  remember(path: string): void {
    this.failed.push(path);
  }

  /** Whether an error was reported in `path`. Its value may have been removed, so a missing element is not an error. */
  failedWithin(path: string): boolean {
    return this.failed.some(
      (other) => other === path || other.startsWith(`${path}.`) || other.startsWith(`${path}[`),
    );
  }

  warn(message: string, at?: Position): void {
    if (!this.warnings.some((other) => other.message === message)) {
      this.warnings.push(at === undefined ? { message } : { at, message });
    }
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
  const { line, col } = place.source.lines.linePos(place[part]);
  return { file: place.source.file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function byPlace(a: K2Error, b: K2Error): number {
  if (typeof a.at !== "object" || typeof b.at !== "object")
    return Number(typeof a.at === "object") - Number(typeof b.at === "object");
  return a.at.file.localeCompare(b.at.file) || a.at.line - b.at.line || a.at.column - b.at.column;
}
