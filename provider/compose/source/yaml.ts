/** Parses YAML into trees with places. Resolves anchors, aliases, `<<`, !reset and !override. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type ErrorCode,
  type ParsedNode,
  type Scalar as ScalarNode,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { positionAt, type Problems, tooManyValues } from "../tree/problems.js";
import { blockScalar } from "./block-scalar.js";
import { controlCharacter } from "./text.js";
import { plainScalar, taggedScalar, type Scalar } from "./yaml-scalar.js";
import {
  emptyMapping,
  has,
  isMapping,
  setPlace,
  copyEntry,
  type List,
  type Mapping,
  type Place,
  type Source,
} from "../tree/tree.js";

export interface YamlDocument {
  tree: unknown;
  /** The position of the content, or of the separator of an empty document. */
  line: number;
  column: number;
  /** Paths that `!reset` and `!override` clear in the tree that this document is merged onto. */
  cleared: string[][];
}

const tabs = "tabs cannot indent; use spaces";

/** Messages for the error codes of the parser. */
const syntax: Partial<Record<ErrorCode, string>> = {
  RESOURCE_EXHAUSTION: "nested too deeply",
  BAD_INDENT: "wrong indentation: entries of one mapping or list must start at the same column",
  BLOCK_AS_IMPLICIT_KEY: 'a value that contains ": " must be in quotes',
  MISSING_CHAR: "a quote or bracket is not closed, or a colon or comma is missing",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line; is a colon missing?",
  TAB_AS_INDENT: tabs,
  UNEXPECTED_TOKEN: "unexpected text",
};

const maxDepth = 200;
/** The limit of docker compose, which does not count what aliases repeat either. */
const maxNodes = 100_000;
/** Characters of a file. */
const maxLength = 10_000_000;
const maxDocuments = 100;

/** `file` is the name for messages. Adds errors to `problems`, and returns the documents that could be read. */
export function parseYaml(text: string, file: string, problems: Problems): YamlDocument[] {
  if (text.length > maxLength) {
    problems.incomplete = true;
    problems.add(`has more than ${maxLength} characters`, file);
    return [];
  }
  const refused = controlCharacter(text);
  if (refused !== undefined) {
    problems.incomplete = true;
    problems.add(refused.message, { file, line: refused.line, column: refused.column });
    return [];
  }
  // The parser does not know these line ends. A replacement of the same length keeps all places.
  const regular = text.replace(/\r(?!\n)|\u0085/g, "\n").replace(/^\uFEFF/, "");
  const lines = new LineCounter();
  const converter = new Converter({ file, lines }, regular, problems);
  const parsed = parse(regular, lines, converter);
  if (parsed === undefined || converter.failed) return [];
  return parsed.map((one) => converter.document(one.contents, one.range[0])).filter(() => !converter.failed);
}

function parse(text: string, lines: LineCounter, converter: Converter): Document.Parsed[] | undefined {
  try {
    // The lexer refuses a last line that consists of spaces and lacks its end.
    const documents = parseAllDocuments(text.endsWith("\n") ? text : `${text}\n`, {
      lineCounter: lines,
      keepSourceTokens: true,
      schema: "failsafe",
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    });
    if (!Array.isArray(documents)) return [];
    const surplus = documents[maxDocuments];
    if (surplus !== undefined) return converter.fail(`more than ${maxDocuments} documents`, surplus.range[0]);
    for (const document of documents) {
      for (const error of document.errors) {
        converter.failOnce(syntax[error.code] ?? error.message, Math.min(error.pos[0], text.length));
      }
    }
    return documents;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    converter.fail("nested too deeply", 0);
    return undefined;
  }
}

class Converter {
  failed = false;
  private readonly failedLines = new Set<number>();
  private anchors = new Map<string, ParsedNode>();
  private open = new Set<ParsedNode>();
  private cleared: string[][] = [];
  private nodes = 0;
  private aliasDepth = 0;

  constructor(
    private readonly source: Source,
    private readonly text: string,
    private readonly problems: Problems,
  ) {}

  fail(message: string, offset: number): undefined {
    this.failed = true;
    this.problems.incomplete = true;
    this.problems.add(message, positionAt(this.source, offset));
    return undefined;
  }

  /** Reports one error per line, because the parser often reports one mistake several times. */
  failOnce(message: string, offset: number): void {
    const { line } = this.source.lines.linePos(offset);
    if (!this.failedLines.has(line)) this.fail(message, offset);
    this.failedLines.add(line);
  }

  document(node: ParsedNode | null, offset: number): YamlDocument {
    this.anchors = new Map();
    this.cleared = [];
    const tree = node === null ? null : this.value(node, []);
    const { line, col } = this.source.lines.linePos(isEmpty(node) ? offset : start(node));
    return { tree, line, column: col, cleared: this.cleared };
  }

  private value(node: ParsedNode, path: string[]): unknown {
    if (this.failed || this.overBudget(node, path)) return undefined;
    if (node.tag === "!override" || node.tag === "!reset") this.cleared.push(path);
    if (isAlias(node)) return this.alias(node.source, node, path);
    if (node.anchor !== undefined && this.aliasDepth === 0) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.scalar(node).value;
    this.open.add(node);
    const value = isMap(node) ? this.mapping(node, path) : this.list(node, path);
    this.open.delete(node);
    return value;
  }

  private overBudget(node: ParsedNode, path: string[]): boolean {
    if (this.aliasDepth === 0) this.nodes += 1;
    if (path.length > maxDepth) this.fail("nested too deeply", start(node));
    else if (this.nodes > maxNodes)
      this.fail(`more than the ${maxNodes} values that a file may have`, start(node));
    else if (!this.problems.count(1)) this.fail(tooManyValues, start(node));
    return this.failed;
  }

  private alias(name: string, node: ParsedNode, path: string[]): unknown {
    const target = this.anchors.get(name);
    if (target === undefined) return this.fail(`no anchor &${name} before this alias`, start(node));
    if (this.open.has(target)) return this.fail(`alias *${name} contains itself`, start(node));
    this.aliasDepth += 1;
    const value = this.value(target, path);
    this.aliasDepth -= 1;
    return value;
  }

  private scalar(node: ScalarNode.Parsed): Scalar {
    const text = this.textOf(node);
    if (node.tag !== undefined && node.tag.startsWith("tag:yaml.org,2002:")) {
      const tagged = taggedScalar(node.tag, text);
      if (tagged === undefined)
        this.fail(`${JSON.stringify(text)} is not of type ${node.tag.slice(18)}`, start(node));
      return tagged ?? { value: null };
    }
    if (node.type !== "PLAIN") return { value: text };
    const scalar = plainScalar(text);
    if (typeof scalar.value === "number" && !Number.isFinite(scalar.value))
      this.fail(`${text} is not a supported number; put it in quotes`, start(node));
    return scalar;
  }

  private textOf(node: ScalarNode.Parsed): string {
    if (node.type === "PLAIN") return node.source ?? "";
    const { srcToken } = node;
    if (srcToken?.type !== "block-scalar") return this.quoted(String(node.value ?? ""), node);
    const value = blockScalar(srcToken, node.range[1], this.text);
    if (value === undefined) this.fail(tabs, start(node));
    return value ?? "";
  }

  private quoted(text: string, node: ScalarNode.Parsed): string {
    if (/\p{Surrogate}/u.test(text))
      this.fail("contains half of a surrogate pair (\\uD800 to \\uDFFF)", start(node));
    return text;
  }

  private list(node: YAMLSeq.Parsed, path: string[]): List {
    const list: List = [];
    for (const item of node.items) {
      const index = list.length;
      const value = this.value(item, [...path, String(index)]);
      if (resolved(item)?.tag === "!reset") continue;
      list.push(value);
      setPlace(list, index, this.place(item, item));
    }
    return list;
  }

  private mapping(node: YAMLMap.Parsed, path: string[]): Mapping {
    const mapping = emptyMapping();
    const merges: Mapping[] = [];
    const seen = new Map<string, ParsedNode>();
    for (const { key: keyNode, value: valueNode } of node.items) {
      const key = this.key(keyNode, seen);
      if (key === undefined) return mapping;
      if (key === "<<" && isScalar(keyNode) && keyNode.type === "PLAIN") {
        merges.push(...this.merges(valueNode, path));
        continue;
      }
      if (valueNode === null) mapping[key] = null;
      else {
        const value = this.value(valueNode, [...path, key]);
        if (resolved(valueNode, this.anchors)?.tag === "!reset") continue;
        mapping[key] = value;
      }
      setPlace(mapping, key, this.place(keyNode, valueNode));
    }
    for (const merge of merges) {
      // The number of repeated entries grows with the square of the length of a chain of merges.
      if (!this.problems.count(Object.keys(merge).length)) this.fail(tooManyValues, start(node));
      for (const key of Object.keys(merge)) if (!has(mapping, key)) copyEntry(merge, key, mapping, key);
    }
    return mapping;
  }

  private key(node: ParsedNode | null, seen: Map<string, ParsedNode>): string | undefined {
    if (!isScalar(node)) return this.fail("a key must be text", node === null ? 0 : start(node));
    const { value } = this.scalar(node);
    if (typeof value !== "string")
      return this.fail(`a key must be text; put it in quotes: "${node.source ?? ""}"`, start(node));
    if (value === "__proto__") return this.fail(`the key "__proto__" is not accepted`, start(node));
    const before = seen.get(value);
    if (before !== undefined) {
      const { line } = this.source.lines.linePos(start(before));
      return this.fail(`${JSON.stringify(value)} is already defined on line ${line}`, start(node));
    }
    seen.set(value, node);
    return value;
  }

  private merges(node: ParsedNode | null, path: string[]): Mapping[] {
    if (node === null) return [];
    const value = this.value(node, path);
    if (this.failed) return [];
    const list = Array.isArray(value) ? value : [value];
    if (list.every(isMapping)) return list;
    this.fail("<< needs a mapping or a list of mappings", start(node));
    return [];
  }

  private place(key: ParsedNode, value: ParsedNode | null): Place {
    const target = value === null || isAlias(value) ? value : resolved(value);
    const block = (isMap(target) || isSeq(target)) && target.flow !== true;
    const place: Place = {
      source: this.source,
      key: start(key),
      value: value === null || block ? start(key) : start(value),
    };
    const scalar = resolved(value, this.anchors);
    if (isScalar(scalar)) {
      const { float, date } = this.scalar(scalar);
      if (float === true) place.float = true;
      if (date !== undefined) place.date = date;
    }
    return place;
  }
}

function resolved(node: ParsedNode | null, anchors?: Map<string, ParsedNode>): ParsedNode | undefined {
  if (isAlias(node)) return anchors?.get(node.source);
  return node ?? undefined;
}

function isEmpty(node: ParsedNode | null): node is null {
  return node === null || (isScalar(node) && node.range[0] === node.range[1]);
}

function start(node: ParsedNode): number {
  return node.range?.[0] ?? 0;
}
