import { context, type Span, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedSpan } from '../../../src/instrument/node/recorded-span.ts';
import { planSampling, shareSampler } from '../../../src/instrument/node/sampling.ts';
import { type StartedSpan, TailSampling } from '../../../src/instrument/node/sampling-tail.ts';

const SLOW_MS = 100;
const START_S = 1_800_000_000;

interface Setup {
  readonly ratio?: number;
  readonly slowMs?: number | undefined;
  readonly maxHeld?: number;
  readonly maxChars?: number;
  readonly maxTraces?: number;
}

/** Spans of the real SDK on a clock that is set by hand, in milliseconds. */
function sampled({ ratio = 0, slowMs = SLOW_MS, ...limits }: Setup = {}) {
  const kept: RecordedSpan[] = [];
  const plan = planSampling({ ratio, keepErrorsAndSlow: { slowMs } }, {});
  const tail = new TailSampling({ plan, keep: (span) => kept.push(span), ...limits });
  const provider = new NodeTracerProvider({
    spanProcessors: [
      {
        onStart: (span) => tail.started(span as StartedSpan),
        onEnd: (span) => tail.ended(span),
        forceFlush: async () => undefined,
        shutdown: async () => undefined,
      },
    ],
  });
  const tracer = provider.getTracer('test');
  const at = (ms: number): [number, number] => [START_S + Math.floor(ms / 1000), (ms % 1000) * 1e6];
  const start = (name: string, ms: number, parent?: Span): Span =>
    tracer.startSpan(name, { startTime: at(ms) }, parent && trace.setSpan(context.active(), parent));
  const remote = (name: string, ms: number, traceId: string, traceFlags = TraceFlags.SAMPLED): Span => {
    const sender = { traceId, spanId: 'b'.repeat(16), traceFlags, isRemote: true };
    return tracer.startSpan(name, { startTime: at(ms) }, trace.setSpanContext(context.active(), sender));
  };
  const end = (span: Span, ms: number, error?: 'error'): void => {
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(at(ms));
  };
  return { tail, kept, start, remote, end, names: () => kept.map(({ name }) => name) };
}

describe('sampling by how traces end', () => {
  it('leaves out a trace in which all is well, and keeps one with a failure anywhere', () => {
    const { tail, start, end, names } = sampled();
    for (const error of [undefined, 'error'] as const) {
      const root = start(`root ${error}`, 0);
      const child = start(`child ${error}`, 1, root);
      end(start(`before ${error}`, 2, child), 3);
      end(child, 5, error);
      end(start(`after ${error}`, 6, root), 7);
      end(root, 10);
    }
    expect(names()).toEqual(['before error', 'child error', 'after error', 'root error']);
    expect([tail.sampledOut, tail.held]).toEqual([4, 0]);
  });

  it.each([
    [SLOW_MS - 1, []],
    [SLOW_MS, ['child', 'root']],
  ])('keeps a trace whose root lasts long enough: %d ms', (ms, kept) => {
    const { start, end, names } = sampled();
    const root = start('root', 5);
    end(start('child', 6, root), 7);
    end(root, 5 + ms);
    expect(names()).toEqual(kept);
  });

  it('keeps a trace as soon as its root has lasted long enough, and while it goes on', () => {
    const { tail, start, end, names } = sampled();
    const root = start('root', 0);
    end(start('early', 1, root), 2);
    expect([names(), tail.held]).toEqual([[], 1]);
    end(start('late', 99, root), 101);
    expect([names(), tail.held]).toEqual([['early', 'late'], 0]);
    end(root, 102);
    expect(names()).toEqual(['early', 'late', 'root']);
  });

  it('lets late spans go the way of their trace', () => {
    const { tail, start, end, names } = sampled();
    const [left, kept] = [start('left', 0), start('kept', 0)];
    const late = [left, kept].map((root) => start('late', 1, root));
    end(left, 2);
    end(kept, 2, 'error');
    for (const span of late) end(span, 500, 'error');
    end(start('later', 600, left), 601, 'error');
    expect([names(), tail.sampledOut, tail.held]).toEqual([['kept', 'late'], 3, 0]);
  });

  it('decides a trace with several roots when the last of them has ended', () => {
    const { tail, remote, end, names } = sampled();
    const id = 'c'.repeat(32);
    const [first, second] = [remote('first', 0, id), remote('second', 1, id)];
    end(first, 2);
    expect(tail.held).toBe(1);
    end(second, 3);
    expect([names(), tail.sampledOut]).toEqual([[], 2]);
  });

  it('decides again for a root that comes after', () => {
    const { tail, remote, end, names } = sampled();
    const id = 'c'.repeat(32);
    end(remote('fine', 0, id), 2);
    end(remote('fails', 3, id), 4, 'error');
    end(remote('fine, too', 5, id), 6);
    expect([names(), tail.sampledOut]).toEqual([['fails', 'fine, too'], 1]);
  });

  it('leaves out what the sender has left out', () => {
    const { tail, remote, end, names } = sampled({ ratio: 1 });
    end(remote('unsampled', 0, 'c'.repeat(32), TraceFlags.NONE), 500, 'error');
    expect([names(), tail.held, tail.sampledOut]).toEqual([[], 0, 0]);
  });

  it('keeps what is undecided when the process ends, and what that cuts off', () => {
    const { tail, start, end, names } = sampled();
    const open = start('open', 0);
    end(start('ended', 1, open), 2);
    const cut = start('cut', 0);
    cut.setAttribute('ta.incomplete', 'exit');
    end(cut, 3);
    const unread = start('unread', 0);
    unread.setAttribute('ta.incomplete', 'abandoned');
    end(unread, 3);
    tail.keepAll();
    expect([names(), tail.held, tail.sampledOut]).toEqual([['cut', 'ended'], 0, 1]);
    end(open, 10);
    expect(names()).toEqual(['cut', 'ended', 'open']);
  });

  it('keeps the oldest trace where there are too many spans to hold', () => {
    const { tail, start, end, names } = sampled({ maxHeld: 3 });
    const [old, young] = [start('old', 0), start('young', 1)];
    for (const root of [old, young, young]) end(start('part', 2, root), 3);
    expect([names(), tail.held]).toEqual([[], 3]);
    end(start('one more', 4, young), 5);
    expect([names(), tail.held]).toEqual([['part'], 3]);
    end(young, 6);
    end(old, 7);
    expect([names(), tail.held, tail.sampledOut]).toEqual([['part', 'old'], 0, 4]);
  });

  it('keeps the oldest trace where there is too much text to hold', () => {
    const { tail, start, end, names } = sampled({ maxChars: 250 });
    const [old, young] = [start('old', 0), start('young', 1)];
    for (const [i, root] of [old, young, young].entries()) {
      const part = start(`part ${i}`, 2, root);
      if (i === 1) part.addEvent('exception', { 'exception.stacktrace': 'x'.repeat(100) });
      else part.setAttribute('text', 'x'.repeat(100));
      end(part, 3);
    }
    expect([names(), tail.held]).toEqual([['part 0'], 2]);
    end(young, 4);
    const next = start('next', 5);
    end(start('one more', 5, next).setAttribute('text', 'x'.repeat(200)), 6);
    expect([names(), tail.held]).toEqual([['part 0'], 1]);
  });

  it('keeps the oldest of too many open traces, and forgets the oldest of too many decisions', () => {
    const { tail, start, end, names } = sampled({ maxTraces: 2 });
    const roots = ['a', 'b', 'c'].map((name) => start(name, 0));
    for (const root of roots) end(root, 1);
    expect([names(), tail.sampledOut]).toEqual([['a'], 2]);
    end(start('late of a, forgotten', 2, roots[0]), 3, 'error');
    expect(names()).toEqual(['a', 'late of a, forgotten']);
  });

  it('holds nothing of the share', () => {
    const { tail, start, end, names } = sampled({ ratio: 1 });
    const root = start('root', 0);
    end(start('child', 1, root), 2);
    expect([names(), tail.held]).toEqual([['child'], 0]);
  });

  it('leaves out the rest of the share at once where how traces end does not matter', () => {
    const kept: string[] = [];
    const tail = new TailSampling({ plan: planSampling({ ratio: 0 }, {}), keep: ({ name }) => kept.push(name) });
    const span = { spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }) };
    tail.started({ ...span, startTime: [START_S, 0] });
    tail.ended({ ...span, name: 'failed', status: { code: SpanStatusCode.ERROR } } as RecordedSpan);
    expect([kept, tail.held, tail.sampledOut]).toEqual([[], 0, 1]);
  });
});

interface Step {
  readonly does: 'root' | 'child' | 'end' | 'fail';
  readonly pick: number;
  readonly ms: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    does: fc.constantFrom('root', 'child', 'child', 'end', 'end', 'end', 'fail'),
    pick: fc.nat(),
    ms: fc.oneof({ weight: 9, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat(150) }),
  }),
  { maxLength: 120 },
);

/** What is known of one trace while it happens. */
interface Fate {
  readonly startMs: number;
  readonly ended: string[];
  rootEnded: boolean;
  isWorthy: boolean;
}

/** Does the steps, and says for each trace what has ended, and whether it should be kept. */
function play(program: readonly Step[], { start, end, tail }: ReturnType<typeof sampled>, ratio: number) {
  const isInShare = shareSampler(ratio);
  const fates = new Map<string, Fate>();
  const [all, open]: [Span[], Span[]] = [[], []];
  let now = 0;
  for (const [i, { does, pick, ms }] of program.entries()) {
    now += ms;
    if (does === 'root' || all.length === 0) {
      const root = start(`${i}`, now);
      const { traceId } = root.spanContext();
      fates.set(traceId, { startMs: now, ended: [], rootEnded: false, isWorthy: isInShare(traceId) });
      for (const list of [all, open]) list.push(root);
    } else if (does === 'child') {
      const child = start(`${i}`, now, all[pick % all.length]);
      for (const list of [all, open]) list.push(child);
    } else if (open.length > 0) {
      const [span] = open.splice(pick % open.length, 1) as [Span];
      const fate = fates.get(span.spanContext().traceId)!;
      fate.ended.push(span.spanContext().spanId);
      if (!fate.rootEnded) fate.isWorthy ||= does === 'fail' || now - fate.startMs >= SLOW_MS;
      if ((span as unknown as StartedSpan).parentSpanContext === undefined) fate.rootEnded = true;
      end(span, now, does === 'fail' ? 'error' : undefined);
    }
  }
  tail.keepAll();
  for (const fate of fates.values()) fate.isWorthy ||= !fate.rootEnded && fate.ended.length > 0;
  return fates;
}

/** Ids of spans. */
function byTrace(spans: readonly RecordedSpan[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { traceId, spanId } of spans.map((span) => span.spanContext())) {
    ids.set(traceId, [...(ids.get(traceId) ?? []), spanId]);
  }
  return ids;
}

describe.each([0, 0.5, 1])('whatever happens, with a share of %d', (ratio) => {
  it('nothing of a kept trace is missing, and nothing of another is there', () => {
    fc.assert(
      fc.property(steps, (program) => {
        const sampling = sampled({ ratio });
        const fates = play(program, sampling, ratio);
        const keptOf = byTrace(sampling.kept);
        let ended = 0;
        for (const [traceId, fate] of fates) {
          const kept = keptOf.get(traceId) ?? [];
          expect(kept).toEqual(fate.isWorthy ? fate.ended : []);
          ended += fate.ended.length;
        }
        expect(sampling.kept.length + sampling.tail.sampledOut).toBe(ended);
      }),
      { numRuns: 300 },
    );
  });

  it('so it is with little room, where more is kept', () => {
    fc.assert(
      fc.property(steps, (program) => {
        const sampling = sampled({ ratio, maxHeld: 3 });
        const fates = play(program, sampling, ratio);
        const keptOf = byTrace(sampling.kept);
        for (const [traceId, fate] of fates) {
          const kept = keptOf.get(traceId) ?? [];
          if (fate.isWorthy || kept.length > 0) expect(kept).toEqual(fate.ended);
        }
      }),
      { numRuns: 300 },
    );
  });
});
