/** Variables in text: $V ${V} ${V:-default} ${V-default} ${V:?error} ${V?error} ${V:+other} ${V+other}, nested; $$ is $. */

export type Lookup = (name: string) => string | undefined;

export class SubstitutionError extends Error {}

const pattern = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?](?:[^\n]*))?)\}|))/gi;
const operators = [":?", "?", ":-", "-", ":+", "+"] as const;
type Operator = (typeof operators)[number];

/** Calls `onUnset` for each variable that is not set and has no default. */
export function substitute(
  template: string,
  lookup: Lookup,
  onUnset: (name: string) => void = () => {},
): string {
  if (!template.includes("$")) return template;
  return template.replace(pattern, (match: string, escaped?: string, named?: string, braced?: string) => {
    if (escaped !== undefined) return "$";
    if (named !== undefined) return valueOrEmpty(named, lookup, onUnset);
    if (braced === undefined) throw invalid(template);
    return bracedValue(match, template, lookup, onUnset);
  });
}

function invalid(template: string): SubstitutionError {
  return new SubstitutionError(`"${template}" has invalid variable syntax; write $$ for a literal $`);
}

function valueOrEmpty(name: string, lookup: Lookup, onUnset: (name: string) => void): string {
  const value = lookup(name);
  if (value === undefined) onUnset(name);
  return value ?? "";
}

function bracedValue(
  match: string,
  template: string,
  lookup: Lookup,
  onUnset: (name: string) => void,
): string {
  // The pattern matches up to the last brace of the line; the expression ends at its own closing brace.
  const end = closingBrace(match);
  const rest = end < 0 ? "" : match.slice(end + 1);
  const inner = (end < 0 ? match : match.slice(0, end + 1)).slice(2, -1);
  const operator = firstOperator(inner);
  if (operator === undefined) {
    if (!/^[_a-z][_a-z0-9]*$/i.test(inner)) throw invalid(template);
    return valueOrEmpty(inner, lookup, onUnset);
  }
  const cut = inner.indexOf(operator);
  const value = apply(operator, inner.slice(0, cut), inner.slice(cut + operator.length), lookup, onUnset);
  return value + substitute(rest, lookup, onUnset);
}

function apply(
  operator: Operator,
  name: string,
  argument: string,
  lookup: Lookup,
  onUnset: (name: string) => void,
): string {
  const value = lookup(name);
  const present = value !== undefined && !(operator.startsWith(":") && value === "");
  switch (operator) {
    case ":-":
    case "-":
      return present ? value : substitute(argument, lookup, onUnset);
    case ":+":
    case "+":
      return present ? substitute(argument, lookup, onUnset) : (value ?? "");
    default: {
      if (present) return value;
      const reason = substitute(argument, lookup, onUnset);
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

function closingBrace(text: string): number {
  let open = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "}") {
      open -= 1;
      if (open === 0) return index;
    } else if (text[index] === "{") {
      open += 1;
      index += 1;
    }
  }
  return -1;
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
  for (const match of template.matchAll(pattern)) {
    const expression = match[2] ?? innerExpression(match[0]);
    if (match[1] !== undefined || expression === undefined) continue;
    const name = /^[A-Za-z0-9_]+/.exec(expression)?.[0] ?? expression;
    const rest = expression.slice(name.length);
    const value = rest.replace(/^:?[-+?]/, "");
    const variable: Variable = { name, default_value: "", presence_value: "", required: /^:?\?/.test(rest) };
    if (/^:?-/.test(rest)) variable.default_value = value;
    if (/^:?\+/.test(rest)) variable.presence_value = value;
    found.push(variable, ...(variable.required ? [] : variablesIn(value)));
    const end = closingBrace(match[0]);
    if (end >= 0) found.push(...variablesIn(match[0].slice(end + 1)));
  }
  return found;
}

function innerExpression(match: string): string | undefined {
  const end = closingBrace(match);
  return match.startsWith("${") && end >= 0 ? match.slice(2, end) : undefined;
}
