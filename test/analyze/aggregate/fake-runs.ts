import { type FakeSegment, type FakeSpan, type FakeTrace, OPENAI } from './fake-facts.ts';

const MS = 1e6;

/** 20 Nov 2026 14:00:00 UTC. */
export const BASE_SECONDS = 1_795_183_200;

/**
 * One agent run of 8200 ms + `extraMs`; `s` are nine searches of 300 ms, one after another:
 *
 *     answer |--------------------------------------------|
 *     chat 1   |--------|                                    100 … 3000
 *     s1 … s9            |--|--|--|--|--|--|--|--|--|       3000 … 5700
 *     chat 2                                         |--|   5800 … 8100 + extra
 */
export function agentRun(id: string, options: Partial<FakeTrace> & { extraMs?: number; offsetSeconds?: number } = {}) {
  const { extraMs = 0, offsetSeconds = 0, ...more } = options;
  const at = (ms: number): number => offsetSeconds * 1e9 + ms * MS;
  const spans: FakeSpan[] = [
    { id: 'r', start: at(0), end: at(8200 + extraMs), name: 'answer', kind: 'agent', role: 'agent' },
    chat('c1', at(100), at(3000)),
    ...Array.from({ length: 9 }, (_, i): FakeSpan => {
      const start = 3000 + i * 300;
      return {
        id: `s${i}`,
        parent: 'r',
        start: at(start),
        end: at(start + 300),
        name: 'web_search',
        kind: 'tool',
        role: 'tool',
      };
    }),
    chat('c2', at(5800), at(8100 + extraMs)),
  ];
  const segments: FakeSegment[] = [
    { span: 'r', start: at(0), end: at(100), kind: 'self', bucket: 'code' },
    { span: 'c1', start: at(100), end: at(3000), kind: 'self', bucket: 'party' },
    ...Array.from({ length: 9 }, (_, i): FakeSegment => {
      const start = 3000 + i * 300;
      return { span: `s${i}`, start: at(start), end: at(start + 300), kind: 'self', bucket: 'code' };
    }),
    { span: 'r', start: at(5700), end: at(5800), kind: 'self', bucket: 'code' },
    { span: 'c2', start: at(5800), end: at(8100 + extraMs), kind: 'self', bucket: 'party' },
    { span: 'r', start: at(8100 + extraMs), end: at(8200 + extraMs), kind: 'self', bucket: 'code' },
  ];
  const searches = {
    parentSpan: 0,
    sourceSpan: 1,
    spans: [2, 3, 4, 5, 6, 7, 8, 9, 10],
    count: 9,
    distinct: 9,
    operation: 'answer',
    sumNs: 2700 * MS,
    unionNs: 2700 * MS,
    pathNs: 2700 * MS,
    saving: { low: 1600 * MS, likely: 2400 * MS, high: 2400 * MS },
  };
  return { id, baseSeconds: BASE_SECONDS, spans, segments, occurrences: [searches], ...more } satisfies FakeTrace;
}

function chat(id: string, start: number, end: number): FakeSpan {
  return { id, parent: 'r', start, end, name: 'chat gpt', kind: 'llm', role: 'llm', party: OPENAI };
}

/** A trace that has one of everything that a report can say: two tops, a shared id, a wait, adopted work, a near miss. */
export function everythingRun(id: string): FakeTrace {
  const spans: FakeSpan[] = [
    { id: 'p', start: 0, end: 100 * MS, name: 'answer', failed: true, kind: 'agent', role: 'agent' },
    {
      id: 'w',
      parent: 'p',
      start: 10 * MS,
      end: 60 * MS,
      name: 'receive',
      losses: { deliveryId: id, dropped: 12, refused: 1, sampledOut: 40 },
    },
    { id: 'd', parent: 'p', start: 20 * MS, end: 50 * MS, name: 'GET', kind: 'http', role: 'io', party: OPENAI },
    {
      id: 'd',
      printedId: 'd#1',
      parent: 'p',
      start: 50 * MS,
      end: 90 * MS,
      name: 'SELECT',
      kind: 'db',
      role: 'io',
      service: 'store',
    },
    { id: 'q', parent: 'lost', start: 90 * MS, name: 'open' },
  ];
  const segments: FakeSegment[] = [
    { span: 'p', start: 0, end: 20 * MS, kind: 'self', bucket: 'code' },
    { span: 'd', start: 20 * MS, end: 50 * MS, kind: 'self', via: 'wait', wait: 'w', bucket: 'party' },
    { span: 'd#1', start: 50 * MS, end: 60 * MS, kind: 'overlapped', via: 'hoist', bucket: 'code' },
    { span: 'd#1', start: 60 * MS, end: 90 * MS, kind: 'self', via: 'adopt', bucket: 'internal' },
    { span: null, start: 90 * MS, end: 100 * MS, kind: 'untraced', bucket: 'untraced' },
  ];
  return {
    id,
    baseSeconds: BASE_SECONDS,
    spans,
    segments,
    coCritical: [['d#1', 'p']],
    flags: [{ flag: 'skew', span: 1, other: 0, valueNs: -4_900_000, count: 2 }],
    occurrences: [
      { id: 'ba9876543210', spans: [1], count: 1, parentSpan: 0, savingNullReason: 'the trace is incomplete' },
    ],
    nearMisses: [
      { kind: 'n_plus_one', rule: 'pagination', reason: 'pages', fingerprint: 'GET', parentSpan: 0, count: 5 },
    ],
    blind: [{ detector: 'redundant_call', needs: ['gen_ai.tool.name'], spans: 3 }],
    failures: [{ detector: 'n_plus_one', message: 'broke' }],
  };
}
