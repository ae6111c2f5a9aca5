import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, AlwaysOnSampler, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agent, current, llm, step, telemetryErrors, tool } from '../../../src/instrument/index.ts';
import { type Recorder, recorder } from '../../../src/instrument/testing/index.ts';

let recording: Recorder;

beforeEach(() => {
  recording = recorder();
});

afterEach(() => recording.stop());

const HEX = (length: number) => expect.stringMatching(new RegExp(`^[\\da-f]{${length}}$`));
const later = (ms = 0) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('spans', () => {
  it('are plain data, all of what the SDK recorded', () => {
    const elsewhere = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    const remote = trace.setSpanContext(context.active(), { ...elsewhere, isRemote: true });
    trace
      .getTracer('other')
      .startSpan(
        'GET /',
        {
          kind: SpanKind.SERVER,
          startTime: [1_700_000_000, 250_000_000],
          attributes: { 'http.response.status_code': 500, tags: ['a', 'b'], unknown: undefined },
          links: [{ context: elsewhere, attributes: { why: 'batch' } }],
        },
        remote,
      )
      .addEvent('cache miss', { key: 'k' }, [1_700_000_000, 251_500_000])
      .setStatus({ code: 2, message: 'broke' })
      .end([1_700_000_000, 262_500_000]);
    expect(recording.spans).toEqual([
      {
        name: 'GET /',
        kind: 'server',
        attributes: { 'http.response.status_code': 500, tags: ['a', 'b'] },
        status: 'error',
        statusMessage: 'broke',
        events: [{ name: 'cache miss', attributes: { key: 'k' }, atMs: 1.5 }],
        links: [{ traceId: elsewhere.traceId, spanId: elsewhere.spanId, attributes: { why: 'batch' } }],
        traceId: elsewhere.traceId,
        id: HEX(16),
        parentId: elsewhere.spanId,
        hasRemoteParent: true,
        startMs: 1_700_000_000_250,
        durationMs: 12.5,
        scope: 'other',
        children: [],
      },
    ]);
  });

  it('of a function that throws have the error', () => {
    const broken = tool('broken', () => {
      throw new TypeError('no such city');
    });
    expect(broken).toThrow('no such city');
    const { status, statusMessage, attributes, events } = recording.span('execute_tool broken');
    expect({ status, statusMessage, type: attributes['error.type'] }).toEqual({
      status: 'error',
      statusMessage: 'no such city',
      type: 'TypeError',
    });
    expect(events.map(({ name }) => name)).toEqual(['exception']);
  });

  it('are in the order of their starts, also where those are of one millisecond, and know each other', async () => {
    await agent('planner', async () => {
      tool('first', () => step('inner', () => undefined)())();
      await tool('second', later)();
    })();
    const [planner, first, inner, second] = recording.spans;
    expect(recording.spans.map(({ name }) => name)).toEqual([
      'invoke_agent planner',
      'execute_tool first',
      'inner',
      'execute_tool second',
    ]);
    expect(recording.roots).toEqual([planner]);
    expect(planner?.children).toEqual([first, second]);
    expect(inner?.parent).toBe(first);
    expect(first?.parent).toBe(planner);
    expect(planner?.parent).toBeUndefined();
    expect(second).toMatchObject({ parentId: planner?.id, traceId: planner?.traceId, hasRemoteParent: false });
  });

  it('can be compared and printed as they are: a span does not hold its parent visibly', () => {
    agent('planner', () => tool('only', () => undefined)())();
    expect(JSON.parse(JSON.stringify(recording.roots))).toMatchObject([{ children: [{ children: [] }] }]);
    expect(Object.keys(recording.span('execute_tool only'))).not.toContain('parent');
  });

  it('are found by name, where there is one of that name', () => {
    expect(() => recording.span('execute_tool a')).toThrow('0 spans are named "execute_tool a"; recorded: none');
    for (const name of ['a', 'b', 'b']) tool(name, () => undefined)();
    expect(recording.span('execute_tool a').attributes['gen_ai.tool.name']).toBe('a');
    expect(() => recording.span('execute_tool b')).toThrow(
      '2 spans are named "execute_tool b"; recorded: execute_tool a, execute_tool b, execute_tool b',
    );
  });

  it('are forgotten by clear, those that ended', async () => {
    tool('before', () => undefined)();
    const running = tool('running', later)();
    recording.clear();
    expect([recording.spans, recording.open]).toEqual([[], ['execute_tool running']]);
    await running;
    expect(recording.spans.map(({ name }) => name)).toEqual(['execute_tool running']);
  });

  it('are no longer recorded after stop, which may be called again', () => {
    tool('during', () => undefined)();
    recording.stop();
    recording.stop();
    tool('after', () => undefined)();
    expect(recording.spans.map(({ name }) => name)).toEqual(['execute_tool during']);
  });
});

describe('settled', () => {
  it('waits for spans that nobody waits for, and for those that start after them', async () => {
    void tool('first', () => later(5))().then(() => tool('second', () => later(5))());
    expect(recording.open).toEqual(['execute_tool first']);
    await Promise.all([recording.settled(), recording.settled()]);
    expect(recording.spans.map(({ name }) => name)).toEqual(['execute_tool first', 'execute_tool second']);
    expect(recording.open).toEqual([]);
  });

  it('is there at once where nothing is open', async () => {
    await recording.settled(0);
  });

  it('gives up naming what is open', async () => {
    const running = [tool('a', () => later(60))(), tool('b', () => later(60))()];
    await expect(recording.settled(5)).rejects.toThrow('still open after 5 ms: execute_tool a, execute_tool b');
    await Promise.all(running);
  });
});

describe('with fake timers', () => {
  afterEach(() => vi.useRealTimers());

  it('spans have the times of the fake clock, and settled waits in real time', async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    const slow = tool('slow', () => new Promise<void>((resolve) => setTimeout(resolve, 60_000)))();
    await expect(recording.settled(5)).rejects.toThrow('still open after 5 ms: execute_tool slow');
    await vi.advanceTimersByTimeAsync(60_000);
    await slow;
    await recording.settled();
    const { startMs, durationMs } = recording.span('execute_tool slow');
    expect([startMs, durationMs]).toEqual([1_800_000_000_000, 60_000]);
  });
});

describe('a sampler', () => {
  const asked: string[] = [];
  const noTools: Sampler = {
    shouldSample: (_context, _traceId, name) => {
      asked.push(name);
      return {
        decision: name.startsWith('execute_tool') ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
      };
    },
    toString: () => 'no tools',
  };

  it('decides what is recorded; that of the latest recorder counts', () => {
    const inner = recorder({ sampler: noTools });
    agent('a', () => tool('t', () => undefined)())();
    inner.stop();
    agent('b', () => tool('t', () => undefined)())();
    expect(asked).toEqual(['invoke_agent a', 'execute_tool t']);
    expect(inner.tree()).toBe('invoke_agent a');
    expect(recording.tree()).toBe('invoke_agent a\ninvoke_agent b\n  execute_tool t');
  });

  it('may record nothing: the program runs on as it is', () => {
    const silent = recorder({ sampler: new AlwaysOffSampler() });
    expect(llm('chat', () => current().usage({ input: 1 }) && 'said')()).toBe('said');
    silent.stop();
    expect([silent.spans, recording.spans]).toEqual([[], []]);
  });
});

describe('several recorders', () => {
  it('that overlap have the spans that began in their time', async () => {
    const early = tool('early', () => later(5))();
    const second = recorder();
    const late = tool('late', () => later(5))();
    await early;
    recording.stop();
    await late;
    second.stop();
    expect(recording.tree()).toBe('execute_tool early');
    expect(second.tree()).toBe('execute_tool late');
  });

  it('one after another all have what a tracer starts that was taken before the first', () => {
    recording.stop();
    const tracer = trace.getTracer('module');
    for (const name of ['one', 'two']) {
      const next = recorder();
      tracer.startSpan(name).end();
      step(`step ${name}`, () => undefined)();
      next.stop();
      expect(next.spans.map((span) => span.name)).toEqual([name, `step ${name}`]);
    }
  });

  it('go without a sampler between them', () => {
    const tracer = trace.getTracer('module');
    tracer.startSpan('during').end();
    recording.stop();
    expect(tracer.startSpan('after').isRecording()).toBe(false);
    const next = recorder({ sampler: new AlwaysOnSampler() });
    expect(tracer.startSpan('again').isRecording()).toBe(true);
    next.stop();
  });
});

it('hands trace context and baggage on while it records', () => {
  const carrier: Record<string, string> = {};
  step('outer', () => {
    const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });
    propagation.inject(propagation.setBaggage(context.active(), baggage), carrier);
  })();
  const { traceId, id } = recording.span('outer');
  expect(carrier).toEqual({ traceparent: `00-${traceId}-${id}-01`, baggage: 'tenant=acme' });
  expect(telemetryErrors()).toBe(0);
});
