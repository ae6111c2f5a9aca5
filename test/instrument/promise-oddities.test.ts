import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tool } from '../../src/instrument/index.ts';
import { foreignSpan, idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

describe('a plain promise, where `then` was replaced for all promises,', () => {
  const original = Promise.prototype.then;

  afterEach(() => {
    // biome-ignore lint/suspicious/noThenProperty: the thing that is tested
    Promise.prototype.then = original;
  });

  it('still has a span that ends with it', async () => {
    // biome-ignore lint/suspicious/noThenProperty: the thing that is tested
    Promise.prototype.then = function (this: Promise<unknown>, ...handlers: never[]) {
      return Reflect.apply(original, this, handlers);
    } as typeof original;
    await tool('x', async () => sleep(1))();
    expect(recorder.spans.map(outcome)).toEqual(['unset']);
  });
});

describe('a promise subclass that is given out again when it has settled', () => {
  class Cached<T> extends Promise<T> {}

  it('has a span for each call', async () => {
    const shared = Cached.resolve(1);
    const wrapped = tool('x', () => shared);
    for (let call = 0; call < 3; call++) expect(await wrapped()).toBe(1);
    expect(recorder.spans.map(outcome)).toEqual(['unset', 'unset', 'unset']);
  });

  it('fails each call where it was rejected', async () => {
    const shared = Cached.reject(new Error('gone'));
    const wrapped = tool('x', () => shared);
    for (let call = 0; call < 2; call++) await expect(wrapped()).rejects.toThrow('gone');
    expect(recorder.spans.map(outcome)).toEqual(['error + exception', 'error + exception']);
  });
});

/** Its `catch` and `finally` do not go through its `then`, as those of some database clients. */
function ownWays(work: () => Promise<string>) {
  return {
    // biome-ignore lint/suspicious/noThenProperty: the thing that is tested
    then: (...handlers: Parameters<Promise<string>['then']>) => work().then(...handlers),
    catch: <T>(onError: (error: unknown) => T) => work().catch(onError),
    finally: (onEnd: () => void) => work().finally(onEnd),
  };
}

describe('a thenable with a catch and a finally of its own', () => {
  const query = (fails: boolean) => {
    return tool('x', () => {
      return ownWays(async () => {
        foreignSpan('SELECT');
        await sleep(1);
        if (fails) throw new Error('bad');
        return 'rows';
      });
    })();
  };

  it.each<[string, boolean, (of: ReturnType<typeof ownWays>) => Promise<unknown>, unknown, string]>([
    ['catch', false, (of) => of.catch(() => 'caught'), 'rows', 'unset'],
    ['catch', true, (of) => of.catch(() => 'caught'), 'caught', 'error + exception'],
    ['finally', false, (of) => of.finally(() => undefined), 'rows', 'unset'],
    ['finally', true, (of) => of.finally(() => undefined).catch(() => 'after'), 'after', 'error + exception'],
  ])('ends its span by %s, failing: %s', async (_way, fails, settle, result, expected) => {
    expect(await settle(query(fails))).toBe(result);
    const span = recorder.span('execute_tool x');
    expect(outcome(span)).toBe(expected);
    expect(parentIdOf(recorder.span('SELECT'))).toBe(idOf(span));
  });
});
