/*
 * As much of protocol buffers as a build's session needs: its dozen messages hold numbers, texts, bytes and each other.
 */

/** Fields by number; a field that occurs again is repeated. */
export type Message = Map<number, (Buffer | bigint)[]>;

type Value = string | Buffer | number | bigint | boolean;

/** Absent values and those that are the default are left out, as the format has it. */
export function encode(fields: Record<number, Value | Value[] | undefined>): Buffer {
  const parts: Buffer[] = [];
  for (const [number, values] of Object.entries(fields)) {
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value !== undefined && (Array.isArray(values) || !isDefault(value)))
        parts.push(field(Number(number), value));
    }
  }
  return Buffer.concat(parts);
}

export function decode(buffer: Buffer): Message {
  const message: Message = new Map();
  for (let at = 0; at < buffer.length;) {
    const [key, afterKey] = readVarint(buffer, at);
    const [value, next] = readValue(buffer, afterKey, Number(key & 7n));
    const number = Number(key >> 3n);
    message.set(number, [...(message.get(number) ?? []), value]);
    at = next;
  }
  return message;
}

export function text(message: Message, number: number): string {
  return bytes(message, number).toString("utf8");
}

export function bytes(message: Message, number: number): Buffer {
  const value = message.get(number)?.at(-1);
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

export function number(message: Message, field: number): number {
  const value = message.get(field)?.at(-1);
  return typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0;
}

export function messages(message: Message, number: number): Message[] {
  return (message.get(number) ?? [])
    .filter((value) => Buffer.isBuffer(value))
    .map((value) => decode(value as Buffer));
}

function isDefault(value: Value): boolean {
  return (
    value === 0 ||
    value === 0n ||
    value === false ||
    value === "" ||
    (Buffer.isBuffer(value) && value.length === 0)
  );
}

function field(number: number, value: Value): Buffer {
  if (typeof value === "string" || Buffer.isBuffer(value)) {
    const content = Buffer.from(value);
    return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(content.length)), content]);
  }
  return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  for (; value > 127n; value >>= 7n) out.push(Number(value & 127n) | 128);
  return Buffer.from([...out, Number(value)]);
}

function readVarint(buffer: Buffer, at: number): [bigint, number] {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n, at++) {
    if (at >= buffer.length || shift > 63n) throw new Error("a message is cut off");
    value |= BigInt(buffer[at]! & 127) << shift;
    if (buffer[at]! < 128) return [value, at + 1];
  }
}

function readValue(buffer: Buffer, at: number, wireType: number): [Buffer | bigint, number] {
  if (wireType === 0) return readVarint(buffer, at);
  const [length, start] =
    wireType === 2
      ? readVarint(buffer, at)
      : wireType === 1
        ? [8n, at]
        : wireType === 5
          ? [4n, at]
          : [-1n, at];
  const end = start + Number(length);
  if (length < 0n || end > buffer.length) throw new Error("a message is cut off");
  return [buffer.subarray(start, end), end];
}
