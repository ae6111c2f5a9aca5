import fc from 'fast-check';
import type { SpanDrawing } from './trace-from.ts';

/** What a random span may be: nothing special, or evidence of some role. */
const ROLES: readonly Pick<SpanDrawing, 'kind' | 'attributes'>[] = [
  {},
  {},
  {},
  { kind: 'client' },
  { kind: 'server' },
  { kind: 'producer' },
  { kind: 'consumer' },
  { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' } },
  { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm-2024-01-01', 'server.address': 'h' } },
  { attributes: { 'gen_ai.operation.name': 'execute_tool' } },
  { attributes: { 'gen_ai.operation.name': 'invoke_agent' } },
  { attributes: { 'trace.async': true } },
  { attributes: { 'error.type': 'CancelledError' } },
];

/** Where a span begins and ends: anywhere, or just inside an earlier one. No length: it has no end. */
interface Place {
  readonly start: number;
  readonly length: number | undefined;
  readonly inside: number | undefined;
}

const place = (index: number, longest: number): fc.Arbitrary<Place> =>
  fc.record({
    start: fc.integer({ min: 0, max: longest }),
    length: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 1, max: longest }) },
      { weight: 1, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
    inside: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.nat({ max: Math.max(0, index - 1) }) },
    ),
  });

const identity = (index: number): fc.Arbitrary<Omit<SpanDrawing, 'start' | 'end'>> =>
  fc
    .record({
      parent: fc.nat({ max: Math.max(0, index - 1) }),
      link: fc.constantFrom('parent', 'parent', 'parent', 'parent', 'parent', 'follows', 'lost', 'none'),
      role: fc.constantFrom(...ROLES),
      process: fc.constantFrom('p', 'p', 'p', 'q'),
      name: fc.constantFrom('a', 'b 1', 'b 2', 'c'),
      scope: fc.constantFrom('', 's', 't'),
    })
    .map(({ parent, link, role, process, name, scope }) => ({
      ...{ id: `s${index}`, name, scope, process, ...role },
      ...(index > 0 && link === 'parent' ? { parent: `s${parent}` } : {}),
      ...(index > 0 && link === 'follows' ? { follows: `s${parent}` } : {}),
      ...(index > 0 && link === 'lost' ? { parent: `lost${parent % 3}` } : {}),
    }));

const MICROSECOND = 0.001;

/**
 * Traces of up to `size` spans: mostly one tree, with orphans, links, several processes and roots, in few distinct
 * times, so that spans touch, tie, overlap and stick out of each other. Often the first span is the longest by far, so
 * that much of what happens can be on the path.
 */
export function randomTrace(size: number, longest = 200): fc.Arbitrary<SpanDrawing[]> {
  const spans = fc
    .integer({ min: 1, max: size })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, index) => fc.tuple(identity(index), place(index, longest)))),
    );
  return fc.tuple(fc.boolean(), spans).map(([isFirstLong, drawn]) => {
    const intervals: (readonly [number, number])[] = [];
    return drawn.map(([about, at], index) => {
      const wide = index === 0 && isFirstLong;
      const { start, length } = wide ? { start: 0, length: Math.floor(1.5 * longest) } : settle(at, intervals);
      intervals.push([start, start + (length ?? 0)]);
      const end = length === undefined ? {} : { end: (start + length) * MICROSECOND };
      return { ...about, start: start * MICROSECOND, ...end };
    });
  });
}

function settle({ start, length, inside }: Place, earlier: readonly (readonly [number, number])[]) {
  const around = inside === undefined ? undefined : earlier[inside];
  if (around === undefined || around[1] - around[0] < 4) return { start, length };
  const from = around[0] + (start % 3);
  return { start: from, length: around[1] - from - (start % 2) };
}
