import { Buffer } from 'node:buffer';

/** Reads a field's payload at `reader.at`; `end` is where a length-delimited one ends. */
type Read = (reader: ProtoReader, end: number, depth: number) => unknown;

export interface Field {
  readonly name: string;
  readonly wireType: number;
  readonly read: Read;
  readonly isRepeated?: boolean;
}

/** The fields of a message by number; others are skipped. */
export interface Message {
  readonly fields: ReadonlyMap<number, Field>;
  /** A oneof: of several values the last one counts. */
  readonly isOneof?: boolean;
}

export const Wire = { varint: 0, fixed64: 1, bytes: 2, group: 3, groupEnd: 4, fixed32: 5 } as const;

/** Messages within messages; what protobuf's own libraries allow. */
const MAX_DEPTH = 100;
const TWO_32 = 2 ** 32;

/** Bytes in protobuf's wire format that are broken; says where. */
export class ProtoError extends Error {
  override readonly name = 'ProtoError';
  readonly what: string;
  /** Offset in the bytes that were given. */
  readonly byte: number;
  /** The bytes ended too early; with more of them it may be none. */
  readonly isCut: boolean;

  constructor(what: string, byte: number, isCut = false) {
    super(`${what} at byte ${byte}`);
    this.what = what;
    this.byte = byte;
    this.isCut = isCut;
  }
}

/** A place in bytes of protobuf's wire format (https://protobuf.dev/programming-guides/encoding/). */
export class ProtoReader {
  at = 0;
  readonly bytes: Buffer;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A varint that fits 32 bits: tags, lengths, enums. What does not fit is cut. */
  uint32(end: number): number {
    const [low] = this.#varint(end);
    return low;
  }

  int64Text(end: number): string {
    const [low, high] = this.#varint(end);
    if (high === 0) return String(low);
    return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)).toString();
  }

  isTrue(end: number): boolean {
    const [low, high] = this.#varint(end);
    return low !== 0 || high !== 0;
  }

  fixed64Text(end: number): string {
    const at = this.#advance(8, end);
    return this.#view.getBigUint64(at, true).toString();
  }

  fixed32(end: number): number {
    return this.#view.getUint32(this.#advance(4, end), true);
  }

  double(end: number): number {
    return this.#view.getFloat64(this.#advance(8, end), true);
  }

  /** Reads a length and returns where the payload behind it ends. */
  payloadEnd(end: number): number {
    const start = this.at;
    const length = this.length(end);
    if (length > end - this.at) throw new ProtoError('a field reaches over the end', start, true);
    return this.at + length;
  }

  /** The length of a payload, which may reach behind `end`. */
  length(end: number): number {
    const start = this.at;
    const [low, high] = this.#varint(end);
    if (high !== 0) throw new ProtoError('a length is too large', start);
    return low;
  }

  text(encoding: 'utf8' | 'hex' | 'base64', end: number): string {
    const start = this.at;
    this.at = end;
    return this.bytes.toString(encoding, start, end);
  }

  skip(wireType: number, end: number): void {
    if (wireType === Wire.varint) this.#varint(end);
    else if (wireType === Wire.fixed64) this.#advance(8, end);
    else if (wireType === Wire.bytes) this.at = this.payloadEnd(end);
    else if (wireType === Wire.fixed32) this.#advance(4, end);
    else throw new ProtoError('a field of unknown kind', this.at);
  }

  #advance(count: number, end: number): number {
    const { at } = this;
    if (count > end - at) throw new ProtoError('a field reaches over the end', at, true);
    this.at = at + count;
    return at;
  }

  /** As low and high 32 bits. */
  #varint(end: number): readonly [number, number] {
    const start = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw new ProtoError('a number is cut off', start, true);
      const byte = this.bytes[this.at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low += bits * 2 ** shift;
      else if (shift === 28) {
        low += (bits & 0x0f) * 2 ** 28;
        high = bits >>> 4;
      } else high += bits * 2 ** (shift - 32);
      if (byte < 0x80) return [low, high % TWO_32];
    }
    throw new ProtoError('a number is too long', start);
  }
}

/** Decodes one message that ends at `end`. Unknown fields, and known ones of another wire type, are skipped. */
export function decodeMessage(message: Message, reader: ProtoReader, end: number, depth = 0): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new ProtoError(`messages are nested more than ${MAX_DEPTH} levels deep`, reader.at);
  const decoded: Record<string, unknown> = {};
  let last: string | undefined;
  while (reader.at < end) {
    const { number, wireType } = readTag(reader, end);
    const field = message.fields.get(number);
    if (field === undefined || field.wireType !== wireType) {
      reader.skip(wireType, end);
      continue;
    }
    const fieldEnd = wireType === Wire.bytes ? reader.payloadEnd(end) : end;
    const value = field.read(reader, fieldEnd, depth);
    if (field.isRepeated !== true) decoded[field.name] = value;
    else if (decoded[field.name] === undefined) decoded[field.name] = [value];
    else (decoded[field.name] as unknown[]).push(value);
    if (message.isOneof === true && last !== undefined && last !== field.name) delete decoded[last];
    last = field.name;
  }
  return decoded;
}

export function readTag(reader: ProtoReader, end: number): { readonly number: number; readonly wireType: number } {
  const start = reader.at;
  const tag = reader.uint32(end);
  const number = tag >>> 3;
  if (number === 0) throw new ProtoError('a field has no number', start);
  return { number, wireType: tag & 7 };
}
