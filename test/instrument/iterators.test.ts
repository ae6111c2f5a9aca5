import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, llm, session, tool } from '../../src/instrument/index.ts';
import { durationMs, foreignSpan, idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

const STOPPED = 'ta.stopped_early';

describe('a generator', () => {
  it('is the very object, of its class, and still yields, returns and takes values', async () => {
    const generate = async function* (): AsyncGenerator<number, string, string> {
      const got = yield 1;
      return `got ${got}`;
    };
    const inner = generate();
    const outer = tool('x', () => inner)();
    expect(outer).toBe(inner);
    expect(outer).toBeInstanceOf(generate);
    expect(Object.prototype.toString.call(outer)).toBe('[object AsyncGenerator]');
    expect(await outer.next()).toEqual({ value: 1, done: false });
    expect(await outer.next('a')).toEqual({ value: 'got a', done: true });
    expect(await outer.next()).toEqual({ value: undefined, done: true });
    expect(outcome(recorder.span('execute_tool x'))).toBe('unset');
  });

  it('does not start before it is read', async () => {
    let started = false;
    const generator = tool('x', async function* () {
      started = true;
      yield 1;
    })();
    await sleep(1);
    expect(started).toBe(false);
    await generator.next();
    expect(started).toBe(true);
  });

  it('has its cleanup in the span when it is left early', async () => {
    const generate = tool('x', async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        await sleep(10);
        foreignSpan('cleanup');
      }
    });
    for await (const _ of generate()) break;
    const span = recorder.span('execute_tool x');
    expect(parentIdOf(recorder.span('cleanup'))).toBe(idOf(span));
    expect(durationMs(span)).toBeGreaterThanOrEqual(8);
    expect(span.attributes[STOPPED]).toBe(true);
  });

  it('goes on where its cleanup yields', async () => {
    const generator = tool('x', async function* () {
      try {
        yield 1;
      } finally {
        yield 2;
      }
    })();
    await generator.next();
    expect(await generator.return(undefined)).toEqual({ value: 2, done: false });
    expect(recorder.spans).toEqual([]);
    expect(await generator.next()).toEqual({ value: undefined, done: true });
    expect(recorder.spans.map(outcome)).toEqual(['unset']);
  });

  it('fails with what is thrown into it, and ends where it catches that', async () => {
    const make = (catches: boolean) =>
      tool('x', async function* () {
        try {
          yield 1;
        } catch (error) {
          if (!catches) throw error;
        }
      })();
    const [failing, catching] = [make(false), make(true)];
    const reason = new Error('thrown in');
    for (const generator of [failing, catching]) await generator.next();
    await expect(failing.throw(reason)).rejects.toBe(reason);
    expect(await catching.throw(reason)).toEqual({ value: undefined, done: true });
    expect(recorder.spans.map(outcome)).toEqual(['error + exception', 'unset']);
  });

  it('ends an error of the loop over it as left early, not as an ERROR', async () => {
    const read = async () => {
      for await (const _ of tool('x', async function* () {
        yield 1;
      })())
        throw new Error("the host's");
    };
    await expect(read()).rejects.toThrow("the host's");
    expect(outcome(recorder.span('execute_tool x'))).toBe('unset');
    expect(recorder.span('execute_tool x').attributes[STOPPED]).toBe(true);
  });

  it('takes reads that overlap', async () => {
    const generator = tool('x', async function* () {
      yield 1;
      await sleep(2);
      yield 2;
    })();
    const results = await Promise.all([generator.next(), generator.next(), generator.next()]);
    expect(results.map((result) => result.value)).toEqual([1, 2, undefined]);
    expect(recorder.spans).toHaveLength(1);
  });

  it('has wrapped calls inside as children, and is found by other instrumentation', async () => {
    const inner = tool('inner', async () => trace.getActiveSpan()?.spanContext().spanId);
    const outer = agent('outer', async function* () {
      yield await inner();
      yield trace.getActiveSpan()?.spanContext().spanId;
    });
    const seen: unknown[] = [];
    for await (const id of outer()) seen.push(id);
    const [innerSpan, outerSpan] = [recorder.span('execute_tool inner'), recorder.span('invoke_agent outer')];
    expect(seen).toEqual([idOf(innerSpan), idOf(outerSpan)]);
    expect(parentIdOf(innerSpan)).toBe(idOf(outerSpan));
  });

  it('delegates with yield*', async () => {
    const inner = tool('inner', async function* () {
      yield 1;
      yield 2;
    });
    const outer = agent('outer', async function* () {
      yield* inner();
    });
    const seen: number[] = [];
    for await (const value of outer()) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(recorder.spans.map((span) => span.name)).toEqual(['execute_tool inner', 'invoke_agent outer']);
    expect(parentIdOf(recorder.spans[0]!)).toBe(idOf(recorder.spans[1]!));
  });

  it('belongs to every wrapped call that hands it on', async () => {
    const model = llm('chat', { model: 'm' }, async function* () {
      yield 'a';
      await sleep(20);
      yield 'b';
    });
    const outer = agent('outer', async () => model());
    for await (const _ of await outer());
    expect(recorder.spans.map((span) => span.name)).toEqual(['chat m', 'invoke_agent outer']);
    for (const span of recorder.spans) expect(durationMs(span)).toBeGreaterThanOrEqual(18);
  });

  it('works synchronously, by loop, spread and destructuring', () => {
    const generate = tool('x', function* (n: number) {
      for (let i = 0; i < n; i++) {
        foreignSpan('inside');
        yield i;
      }
    });
    const seen: number[] = [];
    for (const value of generate(2)) seen.push(value);
    expect([seen, [...generate(2)], Array.from(generate(1))]).toEqual([[0, 1], [0, 1], [0]]);
    const [first] = generate(9);
    expect(first).toBe(0);
    const spans = recorder.spans.filter((span) => span.name === 'execute_tool x');
    expect(spans.map((span) => span.attributes[STOPPED])).toEqual([undefined, undefined, undefined, true]);
    const inside = recorder.spans.filter((span) => span.name === 'inside').map(parentIdOf);
    expect(inside).toEqual([0, 0, 1, 1, 2, 3].map((i) => idOf(spans[i]!)));
  });

  it('throws synchronously with an ERROR', () => {
    const generate = tool('x', function* () {
      yield 1;
      throw new Error('mid');
    });
    expect(() => [...generate()]).toThrow('mid');
    expect(outcome(recorder.span('execute_tool x'))).toBe('error + exception');
  });

  it('is part of its session when it runs', async () => {
    const inner = tool('inner', () => 1);
    const stream = session('s-1', () =>
      agent('outer', async function* () {
        yield inner();
      })(),
    );
    for await (const _ of stream);
    expect(recorder.spans.map((span) => span.attributes['gen_ai.conversation.id'])).toEqual(['s-1', 's-1']);
  });
});

/** As model clients have it: an object of its own class that gives iterators. */
class Chunks {
  readonly #pieces: readonly string[];

  constructor(...pieces: readonly string[]) {
    this.#pieces = pieces;
  }

  async *#read(): AsyncGenerator<string> {
    for (const piece of this.#pieces) {
      await sleep(5);
      foreignSpan(piece);
      yield piece;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this.#read();
  }
}

describe('an async iterable', () => {
  it('is the very object, with its private fields, read inside the call', async () => {
    const inner = new Chunks('a', 'b');
    const chunks = llm('chat', () => inner)();
    expect(chunks).toBe(inner);
    const seen: string[] = [];
    for await (const piece of chunks) seen.push(piece);
    const span = recorder.span('chat');
    expect(seen).toEqual(['a', 'b']);
    expect(['a', 'b'].map((name) => parentIdOf(recorder.span(name)))).toEqual([idOf(span), idOf(span)]);
    expect(durationMs(span)).toBeGreaterThanOrEqual(8);
  });

  it('can be read again when its span has ended, and belongs to a later call', async () => {
    const shared = new Chunks('a');
    const wrapped = tool('x', () => shared);
    for await (const _ of wrapped());
    for await (const _ of shared);
    expect(recorder.spans.filter((span) => span.name === 'execute_tool x')).toHaveLength(1);
    for await (const _ of wrapped());
    expect(recorder.spans.filter((span) => span.name === 'execute_tool x')).toHaveLength(2);
    expect(Object.getOwnPropertySymbols(shared)).toHaveLength(1);
  });

  it('has a span that ends early where its iterator knows no return', async () => {
    const endless = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false as const, value: 1 }) }) };
    for await (const _ of tool('x', () => endless)()) break;
    expect(recorder.span('execute_tool x').attributes[STOPPED]).toBe(true);
  });

  it('fails where its iterator cannot be made', async () => {
    const broken = {
      [Symbol.asyncIterator](): AsyncIterator<number> {
        throw new Error('no iterator');
      },
    };
    const read = async () => {
      for await (const _ of tool('x', () => broken)());
    };
    await expect(read()).rejects.toThrow('no iterator');
    expect(outcome(recorder.span('execute_tool x'))).toBe('error + exception');
  });

  it('is read as ever where its iterators are frozen', async () => {
    const frozen = { [Symbol.asyncIterator]: () => Object.freeze({ next: async () => ({ done: true, value: 1 }) }) };
    for await (const _ of tool('x', () => frozen)());
    expect(recorder.spans).toHaveLength(1);
  });
});

describe('what is iterable but complete', () => {
  it.each<[string, object]>([
    ['an array', [1]],
    ['a map', new Map([[1, 2]])],
    ['a list iterator', [1].values()],
    ['a typed array', new Uint8Array(3)],
  ])('is no stream: %s', (_what, value) => {
    expect(tool('x', () => value)()).toBe(value);
    expect(recorder.spans.map(outcome)).toEqual(['unset']);
    expect(Object.getOwnPropertyNames(value)).not.toContain('next');
  });
});
