import { SpanKind as Kinds, type SpanKind, StatusCode } from '../../src/analyze/model/span.ts';
import { ReferenceKind, rowsByTrace } from '../../src/analyze/model/span-table.ts';
import { createTableBuilder } from '../../src/analyze/model/table-builder.ts';
import { buildTrace, type Trace } from '../../src/analyze/model/trace.ts';
import { ATTRIBUTE_PLAN } from '../../src/analyze/semantics/attribute-plan.ts';

/** A span by number; times in microseconds. */
interface BigSpan {
  readonly start: number;
  readonly end: number;
  /** -1: a root; below: a parent that is missing. */
  readonly parent: number;
  readonly name?: string;
  readonly scope?: string;
  readonly kind?: SpanKind;
  readonly chat?: true;
  readonly agent?: true;
}

const idOf = (n: number): string => (n < -1 ? `lost${n}` : n.toString(16).padStart(16, '0'));

function build(count: number, spanAt: (i: number) => BigSpan): Trace {
  const builder = createTableBuilder(ATTRIBUTE_PLAN);
  builder.openSource({ name: 'shape' });
  const resource = builder.openResource();
  for (let i = 0; i < count; i++) {
    const { start, end, parent, name = 'op', scope = '', kind = Kinds.internal, chat, agent } = spanAt(i);
    builder.addSpan({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: idOf(i),
      start: { seconds: 1_750_000_000 + Math.floor(start / 1e6), nanos: (start % 1e6) * 1000 },
      durationNs: (end - start) * 1000,
      name,
      kind,
      status: StatusCode.unset,
      resource,
      scope: builder.openScope(scope),
    });
    if (parent !== -1) builder.addReference(ReferenceKind.childOf, idOf(parent));
    if (chat) builder.addAttribute('gen_ai.operation.name', 'chat');
    if (chat) builder.addAttribute('gen_ai.request.model', 'm');
    if (agent) builder.addAttribute('gen_ai.operation.name', 'invoke_agent');
  }
  const table = builder.finish();
  return buildTrace(table, 0, rowsByTrace(table).rows);
}

const root = (end: number): BigSpan => ({ start: 0, end, parent: -1 });

/** Letters, so that numbers being ignored does not make one operation of many. */
const word = (n: number): string =>
  [...n.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join('');

/** Mulberry32: the same numbers in every run. */
function randomNumbers(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Traces of n spans, each made to be hard for one of the rules. */
export const SHAPES: Readonly<Record<string, (n: number) => Trace>> = {
  chain: (n) => build(n, (i) => ({ start: i, end: 3 * n - i, parent: i - 1 })),

  star: (n) => build(n, (i) => (i === 0 ? root(10 * n) : { start: 10 * i - 9, end: 10 * i, parent: 0 })),

  random: (n) => {
    const below = randomNumbers();
    const spans: BigSpan[] = [root(100 * n)];
    for (let i = 1; i < n; i++) {
      const parent = below(i);
      const around = spans[parent] as BigSpan;
      const start = around.start + below(around.end - around.start + 1);
      const end = start + below(Math.ceil(1.05 * (around.end - start)) + 1);
      spans.push({ start, end, parent, ...(below(5) === 0 ? { chat: true as const } : {}) });
    }
    return build(n, (i) => spans[i] as BigSpan);
  },

  'nested hoists': (n) =>
    build(n, (i) => {
      if (i === 0) return root(4 * n);
      const isStarter = i % 2 === 1; // starts the next, which outlives it and is hoisted above it
      return isStarter ? { start: i, end: i + 2, parent: i - 1 } : { start: i, end: 4 * n - i, parent: i - 1 };
    }),

  'nested hoists, often interrupted': (n) =>
    build(n, (i) => {
      if (i === 0) return root(8 * n);
      if (i > n / 2) return { start: 4 * n + i, end: 4 * n + i + 1, parent: 0 };
      return i % 2 === 1 ? { start: i, end: i + 2, parent: i - 1 } : { start: i, end: 8 * n - i, parent: i - 1 };
    }),

  'overlapping staircase': (n) =>
    build(n, (i) => (i === 0 ? root(10 * n + 20) : { start: 10 * i, end: 10 * i + 15, parent: 0 })),

  'siblings that all overlap': (n) =>
    build(n, (i) => (i === 0 ? root(20 * n) : { start: 5 * i, end: 5 * n + 10 * i, parent: 0 })),

  'orphans inside orphans': (n) =>
    build(n, (i) => {
      if (i === 0) return root(10 * n);
      return i % 2 === 1 ? { start: i, end: 10 * n - i, parent: -1 - i } : { start: i, end: i + 1, parent: i - 1 };
    }),

  'orphans under a deep chain': (n) =>
    build(n, (i) => {
      if (i < n / 2) return { start: i, end: 12 * n - i, parent: i - 1 };
      return { start: n + 5 * i, end: n + 5 * i + 3, parent: -1 - i };
    }),

  'twins one after the other': (n) =>
    build(n, (i) => {
      if (i === 0) return root(200 * n);
      const at = 200 * (i - (i % 2));
      const call = { parent: 0, chat: true } as const;
      return i % 2 === 0
        ? { ...call, start: at, end: at + 190, scope: 'a' }
        : { ...call, start: at + 1, end: at + 189, scope: 'b' };
    }),

  'twins all at once': (n) =>
    build(n, (i) => {
      if (i === 0) return root(300 * n);
      const call = { parent: 0, chat: true } as const;
      return i % 2 === 0
        ? { ...call, start: i, end: 200 * n - i, scope: 'a' }
        : { ...call, start: i, end: 200 * n - i - 4, scope: 'b' };
    }),

  'agents that nothing fills': (n) =>
    build(n, (i) => {
      if (i === 0) return root(100 * n);
      return i % 2 === 1
        ? { start: i, end: 90 * n - i, parent: 0, agent: true }
        : { start: n + 80 * i, end: n + 80 * i + 160, parent: 0, chat: true };
    }),

  'waits of many operations': (n) =>
    build(n, (i) => {
      if (i === 0) return root(10 * n + 30);
      const at = 10 * (i - (i % 3));
      if (i % 3 === 0) return { start: at, end: at + 20, parent: 0, chat: true };
      return { start: at + 1, end: at + 20 + (i % 3), parent: 0, name: word(i) };
    }),

  'waits beside one long run': (n) =>
    build(n, (i) => {
      if (i === 0) return root(10 * n + 30);
      if (i === 1) return { start: 1, end: 10 * n + 25, parent: 0 };
      return i % 2 === 1
        ? { start: 10 * i, end: 10 * i + 20, parent: 1, kind: Kinds.client }
        : { start: 10 * i, end: 10 * i + 19, parent: 0, name: word(i) };
    }),

  'a wait on every level': (n) =>
    build(n, (i) => {
      const work = Math.floor(n / 2);
      if (i >= work)
        return { start: 5 * n + 10 * i, end: 5 * n + 10 * i + 9, parent: work - (work % 2) - 2, kind: Kinds.client };
      return i % 2 === 0
        ? { start: i, end: 20 * n - i, parent: i - 2 < 0 ? -1 : i - 2 }
        : { start: 9 * n, end: 12 * n, parent: i - 1, name: 'poll' };
    }),
};
