/** Decodes text files. Bytes that are not UTF-8 would be replaced, and a changed password deployed, so they are refused. */
import { isUtf8 } from "node:buffer";

export class TextError extends Error {
  constructor(
    message: string,
    readonly line: number,
    readonly column = 1,
  ) {
    super(message);
  }
}

export function decodeText(bytes: Buffer): string {
  if (isUtf16(bytes)) throw new TextError("is UTF-16 text; save the file as UTF-8", 1);
  if (!isUtf8(bytes)) throw notUtf8(bytes);
  const text = bytes.toString("utf8");
  const nul = firstOf(/\0/, text);
  if (nul !== undefined) throw nul;
  return text.replace(/^\uFEFF/, "");
}

/** Returns the error for a character that YAML does not allow, not even in comments. */
export function controlCharacter(text: string): TextError | undefined {
  // eslint-disable-next-line no-control-regex
  return firstOf(/[\0-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]/, text);
}

function isUtf16(bytes: Buffer): boolean {
  const [first = 1, second = 1] = bytes;
  const mark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return mark || (first === 0) !== (second === 0);
}

function notUtf8(bytes: Buffer): TextError {
  for (let start = 0, line = 1; ; line += 1) {
    const found = bytes.indexOf("\n", start);
    const end = found < 0 ? bytes.length : found;
    const content = bytes.subarray(start, end);
    if (!isUtf8(content) || found < 0) {
      const column = content.toString("utf8").indexOf("\uFFFD") + 1;
      return new TextError("contains bytes that are not UTF-8; save the file as UTF-8", line, column);
    }
    start = end + 1;
  }
}

function firstOf(characters: RegExp, text: string): TextError | undefined {
  const match = characters.exec(text);
  if (match === null) return undefined;
  const before = text.slice(0, match.index).split("\n");
  const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return new TextError(
    `contains the control character U+${code}`,
    before.length,
    (before.at(-1) ?? "").length + 1,
  );
}
