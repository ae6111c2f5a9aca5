import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, llm, tool } from '../../src/instrument/index.ts';
import { durationMs, foreignSpan, idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

describe('a plain promise', () => {
  it('keeps what was put on it by hand', async () => {
    const cancelled: string[] = [];
    const cancellable = tool('x', (id: string) => {
      return Object.assign(sleep(1), { id, cancel: () => cancelled.push(id) });
    });
    const promise = cancellable('a');
    promise.cancel();
    expect([promise.id, cancelled]).toEqual(['a', ['a']]);
    await promise;
    expect(outcome(recorder.span('execute_tool x'))).toBe('unset');
  });

  it('has a span that ends before the host goes on', async () => {
    await tool('x', async () => sleep(5))();
    expect(recorder.spans).toHaveLength(1);
    expect(durationMs(recorder.spans[0]!)).toBeGreaterThanOrEqual(3);
  });
});

describe('a promise subclass', () => {
  class Tagged<T> extends Promise<T> {
    #secret = 'kept';
    tag = '';

    secret(): string {
      return this.#secret;
    }
  }

  it.each<[string, (promise: Promise<unknown>) => Promise<unknown>]>([
    ['await', async (promise) => await promise],
    ['then', (promise) => promise.then((value) => value)],
    ['Promise.all', async (promise) => (await Promise.all([promise]))[0]],
    ['finally', (promise) => promise.finally(() => undefined)],
  ])('is itself, private fields and all, and its span ends by %s', async (_way, settle) => {
    const inner = Tagged.resolve('value') as Tagged<string>;
    inner.tag = 'mine';
    const promise = tool('x', () => inner)();
    expect(promise).toBe(inner);
    expect([promise.secret(), promise.tag]).toEqual(['kept', 'mine']);
    await expect(settle(promise)).resolves.toBe('value');
    expect(outcome(recorder.span('execute_tool x'))).toBe('unset');
  });

  it('has a span even where nobody waits for it', async () => {
    tool('x', () => Tagged.resolve(1))();
    await sleep(1);
    expect(recorder.spans).toHaveLength(1);
  });

  it('has a span for each call that gives it', async () => {
    const shared = new Tagged<number>((resolve) => setTimeout(resolve, 5, 1));
    const wrapped = tool('x', () => shared);
    expect(wrapped()).toBe(wrapped());
    await shared;
    expect(recorder.spans.map(outcome)).toEqual(['unset', 'unset']);
  });
});

/** A query builder: nothing happens before `then`, and every `then` does it again. */
class Query {
  runs = 0;
  readonly #conditions: string[] = [];

  where(condition: string): this {
    this.#conditions.push(condition);
    return this;
  }

  // biome-ignore lint/suspicious/noThenProperty: the thing that is tested
  then<T, E>(onValue?: (rows: string[]) => T, onError?: (error: unknown) => E): Promise<T | E> {
    this.runs++;
    foreignSpan('SELECT');
    const rows = this.#conditions.includes('bad')
      ? Promise.reject(new Error('bad'))
      : sleep(5).then(() => this.#conditions);
    return rows.then(onValue, onError);
  }
}

describe('a thenable that works only when it is asked', () => {
  it('is not asked by the wrapper, goes on being built, and is asked once', async () => {
    const query = new Query();
    const wrapped = tool('x', () => query)();
    expect(wrapped).toBe(query);
    await sleep(1);
    expect([query.runs, recorder.spans.length]).toEqual([0, 0]);
    await expect(wrapped.where('a').where('b')).resolves.toEqual(['a', 'b']);
    expect(query.runs).toBe(1);
    const span = recorder.span('execute_tool x');
    expect(outcome(span)).toBe('unset');
    expect(parentIdOf(recorder.span('SELECT'))).toBe(idOf(span));
  });

  it('fails with the reason, and its span is an ERROR', async () => {
    await expect(tool('x', () => new Query().where('bad'))()).rejects.toThrow('bad');
    expect(outcome(recorder.span('execute_tool x'))).toBe('error + exception');
  });

  it('runs what the host does next outside of the call', async () => {
    const host = agent('host', () => {
      return new Promise((resolve) => {
        tool('x', () => new Query())().then(() => {
          foreignSpan('next');
          resolve(undefined);
        });
      });
    });
    await host();
    expect(parentIdOf(recorder.span('next'))).toBe(idOf(recorder.span('invoke_agent host')));
  });

  it('does its work again when asked again, with one span', async () => {
    const query = tool('x', () => new Query())();
    await query;
    await query;
    expect(query.runs).toBe(2);
    expect(recorder.spans.filter((span) => span.name === 'execute_tool x')).toHaveLength(1);
  });
});

/** As the clients of OpenAI and Anthropic have it: a promise whose own state means nothing, parsed only when asked. */
class RequestPromise<T> extends Promise<T> {
  parses = 0;
  readonly #answer: Promise<T>;

  constructor(answer: Promise<T>) {
    super((resolve) => resolve(undefined as T));
    this.#answer = answer;
  }

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  #parse(): Promise<T> {
    this.parses++;
    return this.#answer;
  }

  asResponse(): Promise<string> {
    return this.#answer.then(() => 'response');
  }

  async withResponse(): Promise<{ data: T; response: string }> {
    const [data, response] = await Promise.all([this.#parse(), this.asResponse()]);
    return { data, response };
  }

  // biome-ignore lint/suspicious/noThenProperty: the thing that is tested
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#parse().then(onValue, onError);
  }
}

describe("a client's request promise", () => {
  const request = (ms = 10) => new RequestPromise(sleep(ms).then(() => 'data'));

  it('is parsed once, when it is awaited, and its span lasts until the answer', async () => {
    const inner = request();
    const promise = llm('chat', () => inner)();
    expect(promise).toBe(inner);
    await sleep(1);
    expect([inner.parses, recorder.spans.length]).toEqual([0, 0]);
    await expect(promise).resolves.toBe('data');
    expect(inner.parses).toBe(1);
    expect(durationMs(recorder.span('chat'))).toBeGreaterThanOrEqual(8);
  });

  it('has a span where its own methods are used instead', async () => {
    await expect(llm('chat', () => request())().withResponse()).resolves.toEqual({
      data: 'data',
      response: 'response',
    });
    expect(durationMs(recorder.span('chat'))).toBeGreaterThanOrEqual(8);
  });

  it('rejects with the reason by any way', async () => {
    const reason = Object.assign(new Error('too many'), { code: 'rate_limit_exceeded', status: 429 });
    const failing = llm('chat', () => new RequestPromise(sleep(1).then(() => Promise.reject(reason))));
    await expect(failing()).rejects.toBe(reason);
    await expect(failing().asResponse()).rejects.toBe(reason);
    expect(recorder.spans.map(outcome)).toEqual(['error + exception', 'error + exception']);
    expect(recorder.spans.map((span) => span.attributes['error.type'])).toEqual(Array(2).fill('rate_limit_exceeded'));
  });
});

describe('an object that is hard to look at', () => {
  it.each<[string, () => object]>([
    [
      'a throwing `then`',
      () =>
        Object.defineProperty({}, 'then', {
          get: () => {
            throw new Error('no');
          },
        }),
    ],
    [
      'a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
    ],
    ['a frozen thenable', () => Object.freeze(new Query())],
    ['a frozen iterable', () => Object.freeze({ async *[Symbol.asyncIterator]() {} })],
    [
      'a proxy that allows nothing',
      () =>
        new Proxy(new Query(), {
          defineProperty: () => {
            throw new Error('no');
          },
        }),
    ],
  ])('is handed on as it is, with a span: %s', (_what, make) => {
    const value = make();
    const got = tool('x', () => value)();
    expect(Object.is(got, value)).toBe(true);
    expect(recorder.spans.map(outcome)).toEqual(['unset']);
  });

  it('is left alone where it is a Response', async () => {
    const response = new Response('body');
    await expect(tool('x', async () => response)()).resolves.toBe(response);
    expect(recorder.spans).toHaveLength(1);
    await expect(response.text()).resolves.toBe('body');
  });
});

describe('other instrumentation', () => {
  it('finds the span of the call as the active one', async () => {
    const active = await tool('x', async () => {
      await sleep(1);
      return trace.getActiveSpan()?.spanContext().spanId;
    })();
    expect(active).toBe(idOf(recorder.span('execute_tool x')));
  });
});
