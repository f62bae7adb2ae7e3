/** Comments, messages and pages use the terms of Docker and Pulumi. This test lists phrases to avoid. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { filesBelow, type Prose, proseOf } from "../../support/words.js";

/** Folders without listed phrases. `K2_WORDS=FOLDER` checks another folder. */
const clean = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "examples",
  "docs",
  "bin",
  "cli",
  "scripts",
  "test",
  "bench",
  "provider",
  "program",
  "runtime",
];

/** Pages that are generated from a folder are checked together with it. */
const generated: Record<string, string> = {
  "docs/commands/": "cli",
  "docs/compose-support.md": "provider/compose/schema",
};

interface Phrase {
  phrase: RegExp;
  /** The wording to use instead. */
  better: string;
  /** Default: everywhere. */
  only?: Prose["kind"];
}

const phrases: Phrase[] = [
  { phrase: /\bwho(?:ever|m)?\b/i, better: "name the subject: the user, the caller, the service" },
  { phrase: /\b(?:no|some|any|every)body(?:'s)?\b/i, better: "name the subject, or use the passive" },
  { phrase: /\b(?:is|are|was|were|be|been|being) (?:said|told)\b/i, better: "prints, reports, passes, sets" },
  { phrase: /\bwhat is (?:said|told)\b/i, better: "the message, the option, the setting" },
  { phrase: /\bthat which\b/i, better: "name the thing" },
  { phrase: /\b(?:go|goes|going|went|gone) back\b/i, better: "roll back, restore" },
  { phrase: /\bborne\b|\bbears it\b/i, better: "tolerated" },
  { phrase: /\banew\b|\bafresh\b/i, better: "recreate, rebuild, again" },
  { phrase: /\ball the same\b/i, better: "nevertheless, or rephrase" },
  { phrase: /\bin peace\b/i, better: "kept, not removed" },
  { phrase: /\bleast ado\b|\bglad of\b|\bkeenest\b|\bsomebody lives on\b/i, better: "plain words" },
  { phrase: /\bcomes? to (?:its|their) turn\b/i, better: "reached, processed" },
  { phrase: /\bnobody's orphan\b|\bgoes by itself\b/i, better: "is removed automatically" },
  { phrase: /\bcan be had\b|\bhad nowhere\b/i, better: "is available" },
  { phrase: /\bof (?:then|old)\b/i, better: "earlier, previous" },
  { phrase: /\bas (?:ever|always)\b/i, better: "unchanged; the default" },
  {
    phrase: /\b(?:is|are) no (?:time|port|file|folder|name|number|address|host|service)\b/i,
    better: "invalid …",
  },
  { phrase: /\b(?:is|are) there with\b/i, better: "exists with" },
  { phrase: /\bcannot be told\b/i, better: "is unknown, cannot be determined" },
  { phrase: /\b[Ss]ay (?:-|which\b|nothing but\b|`)/, better: "use -f FILE; specify …; suppress …" },
  { phrase: /\blet (?:\w+ )?services go on\b/i, better: "unpause services" },
  { phrase: /\bwith a right more\b/i, better: "add Linux capabilities" },
  { phrase: /\bhow the services are\b|\bwhat services write\b/i, better: "list containers; view output" },
  { phrase: /\bOf (?!course\b)[a-z]\w*/, better: "put the subject first" },
  { phrase: /\bWhat (?![^.!]*\?)[a-z]\w*/, better: "put a noun first", only: "comment" },
];

/** Exceptions: the text in a file, with the reason. */
const allowed: { file: string; text: string; reason: string }[] = [];

describe("prose", () => {
  const folders = process.env.K2_WORDS === undefined ? clean : process.env.K2_WORDS.split(",");

  it("uses none of the listed phrases", () => {
    const found = filesBelow(folders).filter(isIncluded).flatMap(proseOf).flatMap(phrasesIn);
    assert.equal(found.length, 0, `${found.length} phrases:\n${found.join("\n")}`);
  });

  it("needs every exception", () => {
    const texts = (file: string) => proseOf(file).map(({ text }) => text);
    for (const { file, text } of allowed)
      assert.ok(texts(file).join("\n").includes(text), `${file}: ${text}`);
  });

  function isIncluded(file: string): boolean {
    const source = Object.entries(generated).find(([page]) => file.startsWith(page))?.[1];
    return source === undefined || folders.some((folder) => `${source}/`.startsWith(`${folder}/`));
  }
});

/** "docs/up.md:12: <phrase> (name the subject)" */
function phrasesIn({ kind, file, line, text }: Prose): string[] {
  return phrases
    .filter(({ only }) => only === undefined || only === kind)
    .flatMap(({ phrase, better }) =>
      matches(phrase, text)
        .filter(({ index }) => !isAllowed(file, text, index))
        .map(({ 0: words, index }) => {
          const at = line + (text.slice(0, index).match(/\n/g)?.length ?? 0);
          return `${file}:${at}: "${words.replaceAll(/\s+/g, " ")}" (${better})`;
        }),
    );
}

/** The words of a phrase may be on two lines. */
function matches({ source, flags }: RegExp, text: string): RegExpExecArray[] {
  return [...text.matchAll(new RegExp(source.replaceAll(" ", "\\s+"), `${flags}g`))];
}

function isAllowed(file: string, text: string, index: number): boolean {
  return allowed.some((one) => {
    const at = one.file === file ? text.indexOf(one.text) : -1;
    return at !== -1 && index >= at && index < at + one.text.length;
  });
}
