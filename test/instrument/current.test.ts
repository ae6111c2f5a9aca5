import { type SpanContext, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, current, llm, session, step, telemetryErrors, tool } from '../../src/instrument/index.ts';
import { type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

describe('current()', () => {
  it('says what is known about a model call', async () => {
    await llm('chat', async () => {
      await sleep(5);
      current()
        .provider('openai')
        .model('gpt-x')
        .firstChunk()
        .usage({ input: 11, output: 4, cacheRead: 5, cacheWrite: 3, reasoning: 2 })
        .response({ id: 'r-1', model: 'gpt-x-0126', finishReasons: ['stop'] });
    })();
    const { 'gen_ai.response.time_to_first_chunk': seconds, ...attributes } = recorder.span('chat gpt-x').attributes;
    expect(seconds).toBeGreaterThanOrEqual(0.003);
    expect(attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-x',
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 4,
      'gen_ai.usage.cache_read.input_tokens': 5,
      'gen_ai.usage.cache_write.input_tokens': 3,
      'gen_ai.usage.reasoning.output_tokens': 2,
      'gen_ai.response.id': 'r-1',
      'gen_ai.response.model': 'gpt-x-0126',
      'gen_ai.response.finish_reasons': ['stop'],
    });
  });

  it('takes what a client in JavaScript may hand on, and says nothing wrong', async () => {
    const before = telemetryErrors();
    await llm('chat', { model: 'gpt-x' }, async () => {
      const nothing = undefined as never;
      current().usage(nothing).response(nothing).attributes(nothing).model(nothing).model('');
      current()
        .usage({ input: Number.NaN, output: '4' as never, reasoning: 2 })
        .response({ finishReasons: 'stop' as never, id: null as never });
    })();
    expect(recorder.span('chat gpt-x').attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-x',
      'gen_ai.usage.reasoning.output_tokens': 2,
    });
    expect(telemetryErrors()).toBe(before);
  });

  it('leaves out what is not known, and takes the first of first chunks', async () => {
    await llm('chat', async () => {
      current().firstChunk();
      await sleep(20);
      current().firstChunk().usage({ output: 4, input: undefined }).response({});
    })();
    const { attributes } = recorder.span('chat');
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeLessThan(0.015);
    expect(Object.keys(attributes)).toEqual([
      'gen_ai.operation.name',
      'gen_ai.response.time_to_first_chunk',
      'gen_ai.usage.output_tokens',
    ]);
  });

  it('keeps finish reasons that are known, even where the stream is left early', async () => {
    const model = llm('chat', async function* () {
      current().response({ finishReasons: ['length'] });
      yield 1;
    });
    for await (const _ of model()) break;
    expect(recorder.span('chat').attributes['gen_ai.response.finish_reasons']).toEqual(['length']);
  });

  it('takes attributes, events and links', () => {
    const other: SpanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    };
    tool('x', () => {
      current()
        .attributes({ a: 1, b: undefined })
        .event('found', { hits: 3 })
        .link(other)
        .link({ context: other, attributes: { why: 'asked for it' } });
    })();
    const span = recorder.span('execute_tool x');
    expect(span.attributes).toMatchObject({ a: 1 });
    expect(span.events.map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      { name: 'found', attributes: { hits: 3 } },
    ]);
    expect(span.links).toEqual([{ context: other }, { context: other, attributes: { why: 'asked for it' } }]);
  });

  it('is the innermost wrapped call, also below a span of somebody else, and the outer one again after it', async () => {
    const inner = tool('inner', async () => {
      await sleep(1);
      trace.getTracer('other').startActiveSpan('foreign', (span) => {
        current().attributes({ at: 'inner' });
        span.end();
      });
    });
    await agent('outer', async () => {
      await inner();
      current().attributes({ at: 'outer' });
    })();
    expect(recorder.span('execute_tool inner').attributes.at).toBe('inner');
    expect(recorder.span('invoke_agent outer').attributes.at).toBe('outer');
    expect(recorder.span('foreign').attributes).toEqual({});
  });

  it('goes nowhere outside, after the end, and where nothing is recorded', async () => {
    const link = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
    const tellAll = () =>
      current().usage({}).model('m').provider('p').response({}).attributes({}).event('e').firstChunk().link(link);
    tellAll();
    let late: (() => void) | undefined;
    step('s', () => {
      setTimeout(() => late?.(), 2);
    })();
    await new Promise<void>((resolve) => {
      late = () => {
        tellAll();
        resolve();
      };
    });
    expect(recorder.span('s').attributes).toEqual({});
    await recorder.stop();
    step('t', tellAll)();
  });
});

describe('session()', () => {
  it('names the conversation on every span below, and nowhere else', async () => {
    const inner = tool('inner', async () => sleep(1));
    const outer = agent('outer', async () => {
      await sleep(1);
      await Promise.all([inner(), inner()]);
    });
    await session('conv-42', outer);
    await outer();
    const ids = recorder.spans.map((span) => span.attributes['gen_ai.conversation.id']);
    expect(ids).toEqual(['conv-42', 'conv-42', 'conv-42', undefined, undefined, undefined]);
  });

  it('gives back what its function gives, and the innermost one counts', () => {
    const read = tool('x', () => 7);
    expect(session('outer', () => session('inner', read))).toBe(7);
    expect(recorder.span('execute_tool x').attributes['gen_ai.conversation.id']).toBe('inner');
    expect(() =>
      session('s', () => {
        throw new Error("the host's");
      }),
    ).toThrow("the host's");
  });

  it('has no id where none is given', () => {
    session(
      '',
      tool('x', () => 1),
    );
    expect(recorder.span('execute_tool x').attributes).not.toHaveProperty('gen_ai.conversation.id');
  });
});
