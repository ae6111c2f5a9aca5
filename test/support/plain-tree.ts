import fc from 'fast-check';
import type { SpanDrawing } from './trace-from.ts';

/** A span of a plain tree, in whole units of 10 µs: far above the tolerance. */
export interface PlainSpan {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly children: PlainSpan[];
}

/** Properly nested trees of at most `size` spans: every child lies inside its parent. Siblings overlap at will. */
export const plainTree = (size: number): fc.Arbitrary<PlainSpan> =>
  fc.array(fc.record({ parent: fc.nat(), from: fc.nat(), length: fc.nat() }), { maxLength: size - 1 }).map((plans) => {
    const spans: PlainSpan[] = [{ id: 's00', start: 0, end: 60, children: [] }];
    for (const { parent, from, length } of plans) {
      const holder = spans[parent % spans.length] as PlainSpan;
      const room = holder.end - holder.start;
      const start = holder.start + (from % room);
      const end = start + 1 + (length % (holder.end - start));
      const child = { id: `s${String(spans.length).padStart(2, '0')}`, start, end, children: [] };
      holder.children.push(child);
      spans.push(child);
    }
    return spans[0] as PlainSpan;
  });

const UNIT_MS = 0.01;

export function drawingsOf(root: PlainSpan): SpanDrawing[] {
  const draw = (span: PlainSpan, parent?: string): SpanDrawing[] => [
    { id: span.id, start: span.start * UNIT_MS, end: span.end * UNIT_MS, ...(parent === undefined ? {} : { parent }) },
    ...span.children.flatMap((child) => draw(child, span.id)),
  ];
  return draw(root);
}

/**
 * Whose each unit of time is, found by going back unit by unit from the end of the root: where a child ends, the path
 * goes into the one that began first, and comes out where that began; all else is the parent's own.
 */
export function ownersOf(root: PlainSpan): string[] {
  const owners: string[] = [];
  const walk = (span: PlainSpan, until: number): void => {
    let time = until;
    while (time > span.start) {
      const ending = span.children.filter(({ end }) => end === time);
      const first = ending.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1))[0];
      if (first) {
        walk(first, time);
        time = first.start;
      } else {
        time--;
        const isBusy = span.children.some(({ start, end }) => start <= time && time < end);
        owners[time] = `${span.id} ${isBusy ? 'overlapped' : 'self'}`;
      }
    }
  };
  walk(root, root.end);
  return owners;
}

export const UNIT_NS = UNIT_MS * 1e6;
