import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, llm, tool } from '../../src/instrument/index.ts';
import { durationMs, foreignSpan, idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

async function* paced(pieces: number, ms: number): AsyncGenerator<number> {
  for (let i = 0; i < pieces; i++) {
    await sleep(ms);
    yield i;
  }
}

/** A timer may fire a little early. */
const atLeast = (ms: number) => ms - 2;

/** What a wrapped function looks like to its host, row by row; other libraries fail between two and ten of these. */
describe('a wrapped function', () => {
  it('rejects with the very reason, and its span is an ERROR with the exception', async () => {
    const reason = new TypeError('boom');
    const failing = tool('x', async () => {
      await sleep(1);
      throw reason;
    });
    await expect(failing()).rejects.toBe(reason);
    const span = recorder.span('execute_tool x');
    expect(outcome(span)).toBe('error + exception');
    expect(span.status.message).toBe('boom');
    expect(span.attributes['error.type']).toBe('TypeError');
    expect(span.events[0]!.attributes).toMatchObject({ 'exception.type': 'TypeError', 'exception.message': 'boom' });
  });

  it('stays synchronous', () => {
    expect(tool('x', (a: number) => a + 1)(1)).toBe(2);
    expect(outcome(recorder.span('execute_tool x'))).toBe('unset');
  });

  it('throws synchronously, and its span is an ERROR', () => {
    const reason = new RangeError('no');
    const failing = tool('x', () => {
      throw reason;
    });
    expect(failing).toThrow(reason);
    expect(outcome(recorder.span('execute_tool x'))).toBe('error + exception');
  });

  it('has a span that lasts as long as its async generator is read', async () => {
    for await (const _ of tool('x', () => paced(3, 20))());
    expect(durationMs(recorder.span('execute_tool x'))).toBeGreaterThanOrEqual(atLeast(60));
  });

  it('is the parent of spans inside its async generator', async () => {
    const generate = tool('x', async function* () {
      foreignSpan('first');
      yield 1;
      await sleep(1);
      foreignSpan('second');
      yield 2;
      foreignSpan('third');
    });
    for await (const _ of generate()) foreignSpan('of the reader');
    const id = idOf(recorder.span('execute_tool x'));
    expect(['first', 'second', 'third'].map((name) => parentIdOf(recorder.span(name)))).toEqual([id, id, id]);
    expect(recorder.spans.filter((span) => span.name === 'of the reader').map(parentIdOf)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('ends the span of a generator that is left early, and says so', async () => {
    for await (const _ of tool('x', () => paced(9, 1))()) break;
    const span = recorder.span('execute_tool x');
    expect(outcome(span)).toBe('unset');
    expect(span.attributes['ta.stopped_early']).toBe(true);
  });

  it('ends the span of a generator that throws midway as an ERROR', async () => {
    const reason = new Error('mid');
    const generate = tool('x', async function* () {
      yield 1;
      throw reason;
    });
    const seen: number[] = [];
    const read = async () => {
      for await (const piece of generate()) seen.push(piece);
    };
    await expect(read()).rejects.toBe(reason);
    expect(seen).toEqual([1]);
    expect(outcome(recorder.span('execute_tool x'))).toBe('error + exception');
  });

  it('has a span that lasts as long as the async iterable is read that its promise gives', async () => {
    const stream = tool('x', async () => ({ [Symbol.asyncIterator]: () => paced(3, 20) }));
    for await (const _ of await stream());
    expect(durationMs(recorder.span('execute_tool x'))).toBeGreaterThanOrEqual(atLeast(60));
  });

  it('has a span that lasts as long as its ReadableStream is read', async () => {
    let pulls = 0;
    const stream = tool('x', async () => {
      const pull = async (controller: ReadableStreamDefaultController<number>) => {
        await sleep(20);
        if (++pulls > 3) controller.close();
        else controller.enqueue(pulls);
      };
      return new ReadableStream<number>({ pull }, { highWaterMark: 0 });
    });
    for await (const _ of await stream());
    expect(durationMs(recorder.span('execute_tool x'))).toBeGreaterThanOrEqual(atLeast(80));
  });

  it('gives back the promise subclass it got, with its methods', async () => {
    class ApiPromise<T> extends Promise<T> {
      withResponse(): string {
        return 'ok';
      }
    }
    const inner = ApiPromise.resolve(1);
    const promise = tool('x', () => inner as ApiPromise<number>)();
    expect(promise).toBe(inner);
    expect(promise.withResponse()).toBe('ok');
    expect(promise.then((value) => value)).toBeInstanceOf(ApiPromise);
    await expect(promise).resolves.toBe(1);
    expect(outcome(recorder.span('execute_tool x'))).toBe('unset');
  });

  it('keeps `this`', async () => {
    const host = {
      value: 7,
      read: tool('x', async function (this: { value: number }) {
        return this.value;
      }),
    };
    await expect(host.read()).resolves.toBe(7);
  });

  it('takes circular, BigInt and throwing arguments, captured or not', async () => {
    const circular: Record<string, unknown> = { big: 10n };
    circular.self = circular;
    const throwing = {
      get x(): never {
        throw new Error('getter');
      },
      toJSON(): never {
        throw new Error('toJSON');
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const captureInput of [false, true]) {
      const fine = tool('x', { captureInput, captureOutput: captureInput }, async (value: unknown) => value);
      for (const value of [circular, throwing, Symbol('s'), () => 1]) await expect(fine(value)).resolves.toBe(value);
      // Awaiting a revoked proxy throws by itself.
      expect(tool('x', { captureInput }, (value: unknown) => typeof value)(proxy)).toBe('object');
    }
    expect(recorder.spans.map(outcome)).toEqual(Array(10).fill('unset'));
  });

  it('puts no byte of a 5 MB argument on its span', async () => {
    await tool('x', async (text: string) => text)('x'.repeat(5_000_000));
    const bytes = JSON.stringify(recorder.span('execute_tool x').attributes).length;
    expect(bytes).toBeLessThan(200);
  });

  it('keeps its name and length', () => {
    const wrapped = tool('x', async function myTool(_a: number, _b: number) {
      return 1;
    });
    expect([wrapped.name, wrapped.length]).toEqual(['myTool', 2]);
  });

  it('records no content by default', async () => {
    await agent('a', async (_question: string) => 'a secret answer')('a secret question');
    await llm('chat', async (_messages: unknown) => ({ content: 'a secret answer' }))([{ content: 'a secret' }]);
    await tool('x', async (_input: unknown) => 'a secret result')({ city: 'a secret city' });
    const written = recorder.spans.map((span) => JSON.stringify([span.name, span.attributes, span.events]));
    expect(written.filter((text) => text.includes('secret'))).toEqual([]);
  });

  it('makes the calls of one Promise.all siblings', async () => {
    const part = tool('part', async (n: number) => {
      await sleep(2);
      return n;
    });
    const whole = agent('whole', () => Promise.all([part(1), part(2), part(3)]));
    await expect(whole()).resolves.toEqual([1, 2, 3]);
    const id = idOf(recorder.span('invoke_agent whole'));
    const parents = recorder.spans.filter((span) => span.name === 'execute_tool part').map(parentIdOf);
    expect(parents).toEqual([id, id, id]);
  });

  it('names an abort', async () => {
    const abort = new AbortController();
    const waiting = tool('x', (signal: AbortSignal) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const promise = waiting(abort.signal);
    abort.abort();
    await expect(promise).rejects.toBe(abort.signal.reason);
    expect(recorder.span('execute_tool x').attributes['error.type']).toBe('AbortError');
  });
});
