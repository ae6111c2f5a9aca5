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
  { attributes: { 'gen_ai.operation.name': 'execute_tool' } },
  { attributes: { 'gen_ai.operation.name': 'invoke_agent' } },
  { attributes: { 'trace.async': true } },
  { attributes: { 'error.type': 'CancelledError' } },
];

const MICROSECOND = 0.001;

/** Few distinct times, so that spans touch, tie, overlap and stick out of each other. */
const span = (index: number, longest: number): fc.Arbitrary<SpanDrawing> =>
  fc
    .record({
      start: fc.integer({ min: 0, max: longest }),
      length: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 1, max: longest }) },
        { weight: 1, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
      parent: fc.integer({ min: 0, max: Math.max(0, index - 1) }),
      link: fc.constantFrom('parent', 'parent', 'parent', 'parent', 'parent', 'follows', 'lost', 'none'),
      role: fc.constantFrom(...ROLES),
      process: fc.constantFrom('p', 'p', 'p', 'q'),
      name: fc.constantFrom('a', 'b 1', 'b 2', 'c'),
      scope: fc.constantFrom('', 's', 't'),
    })
    .map(({ start, length, parent, link, role, process, name, scope }) => ({
      id: `s${index}`,
      name,
      scope,
      process,
      ...role,
      start: start * MICROSECOND,
      ...(length === undefined ? {} : { end: (start + length) * MICROSECOND }),
      ...(index > 0 && link === 'parent' ? { parent: `s${parent}` } : {}),
      ...(index > 0 && link === 'follows' ? { follows: `s${parent}` } : {}),
      ...(index > 0 && link === 'lost' ? { parent: `lost${parent % 3}` } : {}),
    }));

/**
 * Traces of up to `size` spans: mostly one tree, with orphans, links, several processes and roots. The first span spans
 * most of it, so that much of what happens can be on the path.
 */
export const randomTrace = (size: number, longest = 200): fc.Arbitrary<SpanDrawing[]> =>
  fc.integer({ min: 1, max: size }).chain((count) =>
    fc.tuple(
      fc.boolean(),
      ...Array.from({ length: count }, (_, index) => span(index, longest)),
    ),
  ).map(([isWide, ...spans]) =>
    isWide ? spans.map((drawing, i) => (i === 0 ? { ...drawing, start: 0, end: 1.5 * longest * MICROSECOND } : drawing)) : spans,
  );
