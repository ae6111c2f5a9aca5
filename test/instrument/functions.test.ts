import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, session, telemetryErrors, tool } from '../../src/instrument/index.ts';
import { idOf, parentIdOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

describe('a wrapped function', () => {
  it('keeps own properties, prototype and constructor', () => {
    const helper = Object.assign(async (value: number) => value, {
      cache: new Map<string, number>(),
      [Symbol.for('k')]: 1,
    });
    const wrapped = tool('x', helper);
    expect(wrapped.cache).toBe(helper.cache);
    expect((wrapped as unknown as Record<symbol, number>)[Symbol.for('k')]).toBe(1);
    expect(Object.prototype.toString.call(wrapped)).toBe('[object AsyncFunction]');
    expect(wrapped.constructor).toBe(helper.constructor);
  });

  it('still tells a generator function by its constructor and by instanceof', () => {
    const generate = function* () {
      yield 1;
    };
    const wrapped = tool('x', generate);
    expect(wrapped.constructor.name).toBe('GeneratorFunction');
    expect(wrapped()).toBeInstanceOf(wrapped);
    expect(wrapped()).toBeInstanceOf(generate);
  });

  it('passes `new` through where the function is a constructor, subclasses included', () => {
    function Point(this: { x: number }, x: number): void {
      this.x = x;
    }
    const Wrapped = tool('x', Point) as unknown as new (x: number) => { x: number };
    expect(new Wrapped(3)).toEqual({ x: 3 });
    expect(new Wrapped(3)).toBeInstanceOf(Point);
    class Sub extends Wrapped {}
    expect(new Sub(4)).toBeInstanceOf(Sub);
    expect(recorder.spans).toEqual([]);
  });

  it('is no constructor where the function is none', () => {
    const wrapped = tool('x', () => 1) as unknown as new () => unknown;
    expect(() => new wrapped()).toThrow(TypeError);
    expect('prototype' in wrapped).toBe(false);
  });

  it('cannot be made of a class or of no function', () => {
    expect(() => tool('x', class {} as unknown as () => void)).toThrow("tool('x'): a class cannot be wrapped");
    expect(() => tool('x', undefined as unknown as () => void)).toThrow("tool('x') needs a function");
    expect(() => tool('x', {}, 7 as unknown as () => void)).toThrow("tool('x') needs a function");
  });

  it('may be a method that is named `class`', () => {
    const named = {
      class(value: number) {
        return value;
      },
    };
    expect(tool('x', named.class)(5)).toBe(5);
    expect(() => tool('x', class extends Object {} as unknown as () => void)).toThrow('a class cannot be wrapped');
  });

  it('is wrapped once as one thing, and again as another', () => {
    const once = tool('x', () => 1);
    expect(tool('x', once)).toBe(once);
    const twice = agent('y', once);
    expect(twice).not.toBe(once);
    twice();
    expect(recorder.spans.map((span) => span.name)).toEqual(['execute_tool x', 'invoke_agent y']);
  });

  it('takes a function that cannot be extended', () => {
    const frozen = Object.freeze((value: number) => value);
    expect(tool('x', frozen)(5)).toBe(5);
    expect(recorder.spans).toHaveLength(1);
  });

  it('nests by the callers, through timers and recursion', async () => {
    const count: (n: number) => Promise<number> = tool('count', async (n: number) => {
      await sleep(1);
      return n === 0 ? 0 : 1 + (await count(n - 1));
    });
    await expect(count(3)).resolves.toBe(3);
    const ids = recorder.spans.map(idOf);
    expect(recorder.spans.map(parentIdOf)).toEqual([ids[1], ids[2], ids[3], undefined]);
  });

  it('leaves nothing behind in the context of its caller', async () => {
    const before = context.active();
    tool('x', () => 1)();
    await tool('x', async () => sleep(1))();
    expect(context.active()).toBe(before);
  });
});

describe('without a recording provider', () => {
  it('is a plain call that gives back the very same promise and stream', async () => {
    await recorder.stop();
    const promise = Promise.resolve(1);
    const stream = new ReadableStream();
    expect(tool('x', () => promise)()).toBe(promise);
    expect(tool('x', () => stream)()).toBe(stream);
    expect(Object.getOwnPropertyNames(stream)).toEqual([]);
    expect(session('s', () => 4)).toBe(4);
  });

  it('records as soon as there is one, and under the next one when there is another', async () => {
    await recorder.stop();
    const wrapped = tool('x', () => 1);
    wrapped();
    for (let round = 0; round < 2; round++) {
      recorder = startRecorder();
      wrapped();
      expect(recorder.spans).toHaveLength(1);
      await recorder.stop();
    }
  });

  it('starts no trace below a call that was sampled out', async () => {
    await recorder.stop();
    const decisions: string[] = [];
    const sampler: Sampler = {
      shouldSample: (parent: Context, _id, name) => {
        decisions.push(`${name} ${trace.getSpanContext(parent) === undefined ? 'as root' : 'as child'}`);
        return { decision: SamplingDecision.NOT_RECORD };
      },
      toString: () => 'never',
    };
    recorder = startRecorder(sampler);
    const inner = tool('inner', async () => 1);
    const outer = agent('outer', async function* () {
      yield await inner();
      yield await inner();
    });
    for await (const _ of outer());
    expect(decisions).toEqual([
      'invoke_agent outer as root',
      'execute_tool inner as child',
      'execute_tool inner as child',
    ]);
    expect(recorder.spans).toEqual([]);
  });
});

describe('telemetry that fails', () => {
  it('does not reach the host, and is counted', async () => {
    await recorder.stop();
    const broken: Sampler = {
      shouldSample: () => {
        throw new Error('sampler');
      },
      toString: () => 'broken',
    };
    recorder = startRecorder(broken);
    const before = telemetryErrors();
    await expect(tool('x', async (n: number) => n + 1)(1)).resolves.toBe(2);
    expect(telemetryErrors()).toBe(before + 1);
  });

  it.each(['before', 'after'])('runs the function exactly once where the context manager throws %s it', (when) => {
    let ran = 0;
    const wrapped = tool('x', () => ++ran);
    context.disable();
    context.setGlobalContextManager({
      active: () => ROOT_CONTEXT,
      with: (_context, fn, thisArg, ...args) => {
        if (when === 'after') Reflect.apply(fn, thisArg, args);
        throw new Error('manager');
      },
      bind: (_context, target) => target,
      enable() {
        return this;
      },
      disable() {
        return this;
      },
    });
    expect(wrapped()).toBe(1);
    expect(ran).toBe(1);
    expect(telemetryErrors()).toBeGreaterThan(0);
  });
});
