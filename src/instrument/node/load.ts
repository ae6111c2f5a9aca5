import { readFileSync } from 'node:fs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { Parcel } from './protocol.ts';
import type { LineReader } from './read-span.ts';
import type { AnyAttributes } from './recorded-span.ts';
import { linesOf, type TakenFile } from './recovery.ts';

/** A batch until the last of its spans is settled. */
export interface Load {
  /** Undefined for what an earlier process left. */
  readonly id: number | undefined;
  readonly path: string | undefined;
  text: string | undefined;
  /** Parts that are waiting or on their way. */
  parts: number;
  delivered: number;
  refused: number;
  /** Lines that are no spans. */
  unreadable: number;
}

/** What goes in one request: a load, or a piece of one that was split. */
export interface Part {
  readonly load: Load;
  /** Undefined for a whole load: read when it is its turn, so that what waits takes little room. */
  readonly spans: readonly ReadableSpan[] | undefined;
  notBefore: number;
  denials: number;
  wasBroken: boolean;
  /** Tried since the process began to end. */
  isLast: boolean;
}

export function loadOf({ id, path, text }: Parcel): Load {
  return { id, path, text, parts: 1, delivered: 0, refused: 0, unreadable: 0 };
}

export function leftBehind({ path, text }: TakenFile): Load {
  return { id: undefined, path, text, parts: 1, delivered: 0, refused: 0, unreadable: 0 };
}

function readFile(path: string | undefined): string {
  try {
    return path === undefined ? '' : readFileSync(path, 'utf8');
  } catch {
    // Somebody has deleted it: its spans are lost, and counted by whoever knows how many they were.
    return '';
  }
}

/** The spans of a load, as far as they can be read. */
export function spansOf(load: Load, reader: LineReader): readonly ReadableSpan[] {
  const lines = linesOf(load.text ?? readFile(load.path));
  const spans = lines.map((line) => reader.read(line)).filter((span) => span !== undefined);
  load.unreadable = lines.length - spans.length;
  return spans;
}

/** Spans whose resource says more. */
export function withResource(spans: readonly ReadableSpan[], attributes: AnyAttributes): readonly ReadableSpan[] {
  const known = new Map<ReadableSpan['resource'], ReadableSpan['resource']>();
  return spans.map((span) => {
    const { resource } = span;
    const more = known.get(resource) ?? { ...resource, attributes: { ...resource.attributes, ...attributes } };
    known.set(resource, more as typeof resource);
    return { ...span, resource: more as typeof resource };
  });
}

/** The whole of a load, or a piece of it. */
export function partOf(load: Load, spans?: readonly ReadableSpan[]): Part {
  return { load, spans, notBefore: 0, denials: 0, wasBroken: false, isLast: false };
}
