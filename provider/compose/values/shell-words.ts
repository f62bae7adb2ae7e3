/**
 * Splits a command line into words as docker compose does: quotes and backslashes are interpreted, variables and globs are
 * not expanded, and the line ends at the first unquoted operator.
 */

type Quote = '"' | "'" | "`" | "(";

/** Returns undefined if a quote or bracket is not closed. */
export function shellWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: Quote | undefined;
  const characters = [...line];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    if (character === "\\" && quote !== "'") {
      index += 1;
      if (index === characters.length) return undefined;
      word = (word ?? "") + (characters[index] ?? "");
      continue;
    }
    const next = nextQuote(character, quote, word ?? "");
    if (next === "broken") return undefined;
    if (next !== "same") {
      // Plain quotes are removed; `…` and $(…) are kept in the word.
      const kept = (next ?? quote) === "`" || (next ?? quote) === "(";
      if (kept) word = (word ?? "") + character;
      else if (next === undefined) word ??= "";
      quote = next;
      continue;
    }
    if (quote === undefined && /[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === undefined && /[;&|<>]/.test(character)) {
      // "2>file": the digit belongs to the operator.
      if (character === ">" && word !== undefined && /^[0-9]/.test(word)) word = undefined;
      break;
    } else word = (word ?? "") + character;
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

function nextQuote(
  character: string,
  quote: Quote | undefined,
  word: string,
): Quote | undefined | "same" | "broken" {
  if (character === '"' || character === "'" || character === "`") {
    if (quote === undefined) return character;
    return quote === character ? undefined : "same";
  }
  if (character === "(" && quote === undefined) return word.endsWith("$") ? "(" : "broken";
  if (character === ")") return quote === "(" ? undefined : quote === undefined ? "broken" : "same";
  return "same";
}
