/** Variables in text: $V ${V} ${V:-default} ${V-default} ${V:?error} ${V?error} ${V:+other} ${V+other}, nested; $$ is $. */

export type Lookup = (name: string) => string | undefined;

export class SubstitutionError extends Error {}

const maxNesting = 100;
/** Characters of a value, whose variables may contain variables. */
const maxLength = 10_000_000;

const operators = [":?", "?", ":-", "-", ":+", "+"] as const;
type Operator = (typeof operators)[number];

/** Calls `onUnset` for each variable that is not set and has no default. */
export function substitute(
  template: string,
  lookup: Lookup,
  onUnset: (name: string) => void = () => {},
): string {
  return substituteNested(template, { lookup, onUnset }, 0);
}

interface Values {
  lookup: Lookup;
  onUnset: (name: string) => void;
}

function substituteNested(template: string, values: Values, depth: number): string {
  if (!template.includes("$")) return template;
  if (depth > maxNesting)
    throw new SubstitutionError(`variables are nested more than ${maxNesting} levels deep`);
  let text = "";
  let done = 0;
  for (const { start, end, expression } of references(template)) {
    if (expression === undefined) throw invalid(template);
    text +=
      template.slice(done, start) + (expression === "$" ? "$" : valueOf(expression, template, values, depth));
    done = end;
    if (text.length > maxLength)
      throw new SubstitutionError(`the value of its variables has more than ${maxLength} characters`);
  }
  return text + template.slice(done);
}

interface Reference {
  start: number;
  end: number;
  /** "NAME" or "NAME:-default"; "$" for "$$"; undefined if the syntax is invalid. */
  expression?: string | undefined;
  /** No brace of the line closes it. Its expression ends at the last one. */
  unclosed?: boolean;
}

function* references(text: string): Generator<Reference> {
  const opening = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{)/gi;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const found =
      match[0] === "${"
        ? bracedReference(text, match.index)
        : { start: match.index, end: opening.lastIndex, expression: match[1] ?? match[2] };
    yield found;
    opening.lastIndex = found.end;
  }
}

function bracedReference(text: string, start: number): Reference {
  const name = /\{[_a-z][_a-z0-9]*(?:\}|:?[-+?])/iy;
  name.lastIndex = start + 1;
  if (!name.test(text)) return { start, end: start + 2 };
  const closing = closingBrace(text, start);
  if (closing.found) return { start, end: closing.at + 1, expression: text.slice(start + 2, closing.at) };
  if (closing.at < 0) return { start, end: start + 2 };
  return { start, end: closing.at + 1, expression: text.slice(start + 2, closing.at), unclosed: true };
}

/** Returns the brace that closes the first one after `start` on the same line, else the last brace of the line, else -1. */
function closingBrace(text: string, start: number): { at: number; found: boolean } {
  let open = 0;
  let last = -1;
  for (let index = start; index < text.length && text[index] !== "\n"; index += 1) {
    if (text[index] === "}") {
      last = index;
      open -= 1;
      if (open === 0) return { at: index, found: true };
    } else if (text[index] === "{") {
      open += 1;
      index += 1;
      if (text[index] === "}") last = index;
      if (text[index] === "\n") break;
    }
  }
  return { at: last, found: false };
}

function invalid(template: string): SubstitutionError {
  return new SubstitutionError(`"${template}" has invalid variable syntax; write $$ for a literal $`);
}

function valueOf(expression: string, template: string, values: Values, depth: number): string {
  const operator = firstOperator(expression);
  if (operator === undefined) {
    if (!/^[_a-z][_a-z0-9]*$/i.test(expression)) throw invalid(template);
    const value = values.lookup(expression);
    if (value === undefined) values.onUnset(expression);
    return value ?? "";
  }
  const cut = expression.indexOf(operator);
  const argument = (): string => substituteNested(expression.slice(cut + operator.length), values, depth + 1);
  return apply(operator, expression.slice(0, cut), argument, values.lookup);
}

function apply(operator: Operator, name: string, argument: () => string, lookup: Lookup): string {
  const value = lookup(name);
  const present = value !== undefined && !(operator.startsWith(":") && value === "");
  switch (operator) {
    case ":-":
    case "-":
      return present ? value : argument();
    case ":+":
    case "+":
      return present ? argument() : (value ?? "");
    default: {
      if (present) return value;
      const reason = argument();
      throw new SubstitutionError(`the variable ${name} must be set${reason === "" ? "" : `: ${reason}`}`);
    }
  }
}

function firstOperator(expression: string): Operator | undefined {
  let best: Operator | undefined;
  for (const operator of operators) {
    const index = expression.indexOf(operator);
    if (index >= 0 && (best === undefined || index < expression.indexOf(best))) best = operator;
  }
  return best;
}

export interface Variable {
  name: string;
  default_value: string;
  presence_value: string;
  required: boolean;
}

/** Returns every variable in a text, including nested ones. */
export function variablesIn(template: string): Variable[] {
  const found: Variable[] = [];
  collect(template, found, 0);
  return found;
}

function collect(template: string, found: Variable[], depth: number): void {
  if (depth > maxNesting) return;
  for (const { expression, unclosed } of references(template)) {
    if (expression === undefined || expression === "$" || unclosed) continue;
    const name = /^[A-Za-z0-9_]+/.exec(expression)?.[0] ?? expression;
    const rest = expression.slice(name.length);
    const value = rest.replace(/^:?[-+?]/, "");
    const variable: Variable = { name, default_value: "", presence_value: "", required: /^:?\?/.test(rest) };
    if (/^:?-/.test(rest)) variable.default_value = value;
    if (/^:?\+/.test(rest)) variable.presence_value = value;
    found.push(variable);
    if (!variable.required) collect(value, found, depth + 1);
  }
}
