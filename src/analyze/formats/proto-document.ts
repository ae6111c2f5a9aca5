import type { Buffer } from 'node:buffer';
import type { FormatReader } from './format.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { decodeMessage, type Message, ProtoError, ProtoReader, readTag, Wire } from './proto-message.ts';
import type { SkipLog } from './skip-log.ts';

/** What to do with the messages below a message, by field number: enter them, or decode and take them. */
export interface ProtoShape {
  readonly fields: ReadonlyMap<number, ProtoShape | TakenMessage>;
  /** Called when a message of this shape begins. */
  readonly open?: () => void;
}

export interface TakenMessage {
  readonly noun: string;
  readonly message: Message;
  /** Says why the message cannot be used, if it cannot. */
  readonly take: (decoded: Record<string, unknown>) => string | undefined;
}

/** Larger messages are passed over, so that memory stays bounded. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

interface Frame {
  readonly shape: ProtoShape;
  /** Offset in the document. */
  readonly end: number;
}

/**
 * Reads one protobuf message that comes in pieces, as large as it may be: only the messages that are taken are held,
 * each alone. A taken message that is broken costs itself alone, as its length tells where the next one begins.
 */
export class ProtoDocument implements FormatReader {
  readonly #log: SkipLog;
  readonly #frames: Frame[];
  readonly #held = new GrowingBytes();
  /** Bytes that must be held before it is worth looking again. */
  #needed = 1;
  /** Offset in the document of the first byte held, or to come. */
  #offset = 0;
  /** Bytes still to come of a message that is passed over. */
  #passing = 0;
  #failed = false;

  constructor(root: ProtoShape, log: SkipLog) {
    this.#frames = [{ shape: root, end: Number.POSITIVE_INFINITY }];
    this.#log = log;
  }

  write(chunk: Uint8Array): void {
    if (this.#failed) return;
    this.#held.append(chunk);
    if (this.#held.length < this.#needed) return;
    const used = this.#read(this.#held.view());
    this.#offset += used;
    this.#held.drop(used);
  }

  end(): { readonly cut: boolean } {
    const isInside = this.#passing > 0 || this.#held.length > 0 || this.#frames.length > 1;
    if (isInside && !this.#failed) this.#log.skip('the document ends in the middle', this.#offset + this.#held.length);
    return { cut: isInside || this.#failed };
  }

  /** Reads the fields that are whole; returns how many bytes they had. */
  #read(bytes: Buffer): number {
    const reader = new ProtoReader(bytes);
    this.#needed = 1;
    for (;;) {
      const step = Math.min(this.#passing, bytes.length - reader.at);
      reader.at += step;
      this.#passing -= step;
      while ((this.#frames.at(-1) as Frame).end === this.#offset + reader.at) this.#frames.pop();
      const start = reader.at;
      if (start === bytes.length) return start;
      try {
        if (!this.#readField(reader)) return start;
      } catch (error) {
        if (!(error instanceof ProtoError)) throw error;
        if (error.isCut) {
          this.#needed = bytes.length - start + 1;
          return start;
        }
        this.#failed = true;
        this.#log.skip(`not valid protobuf from here on: ${error.what}`, this.#offset + error.byte);
        return bytes.length;
      }
    }
  }

  /** Reads one field, or enters it; false if more bytes are needed for that. */
  #readField(reader: ProtoReader): boolean {
    const start = reader.at;
    const { shape, end } = this.#frames.at(-1) as Frame;
    const { number, wireType } = readTag(reader, reader.bytes.length);
    if (wireType !== Wire.bytes) {
      reader.skip(wireType, reader.bytes.length);
      this.#checkEnd(reader.at, end, start);
      return true;
    }
    const length = reader.length(reader.bytes.length);
    const bodyEnd = reader.at + length;
    this.#checkEnd(bodyEnd, end, start);
    const field = shape.fields.get(number);
    if (field !== undefined && 'fields' in field) {
      this.#frames.push({ shape: field, end: this.#offset + bodyEnd });
      field.open?.();
    } else if (field === undefined || length > MAX_MESSAGE_BYTES) {
      if (field !== undefined) this.#log.skip(`a ${field.noun} is larger than 64 MiB`, this.#offset + start);
      this.#passing = length;
    } else if (bodyEnd > reader.bytes.length) {
      this.#needed = bodyEnd - start;
      return false;
    } else this.#take(field, reader, bodyEnd, start);
    return true;
  }

  #checkEnd(fieldEnd: number, frameEnd: number, start: number): void {
    if (this.#offset + fieldEnd > frameEnd) throw new ProtoError('a field reaches over the end', start);
  }

  #take(field: TakenMessage, reader: ProtoReader, end: number, start: number): void {
    let reason: string | undefined;
    try {
      reason = field.take(decodeMessage(field.message, reader, end));
    } catch (error) {
      if (!(error instanceof ProtoError)) throw error;
      reason = `a ${field.noun} is not valid protobuf: ${error.what}`;
    }
    if (reason !== undefined) this.#log.skip(reason, this.#offset + start);
    reader.at = end;
  }
}
