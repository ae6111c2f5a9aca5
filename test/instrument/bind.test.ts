import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bind, session, step } from '../../src/instrument/index.ts';
import { foreignSpan, idOf, parentIdOf, type Recorder, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

describe('bind()', () => {
  it('runs a function where it was bound, whoever calls it', () => {
    const emitter = new EventEmitter();
    step('setup', () =>
      emitter.on(
        'tick',
        bind(() => foreignSpan('on tick')),
      ),
    )();
    step('elsewhere', () => emitter.emit('tick'))();
    expect(parentIdOf(recorder.span('on tick'))).toBe(idOf(recorder.span('setup')));
  });

  it('keeps this, arguments, result, error, new and what the function has', () => {
    const fn = Object.assign(
      function named(this: unknown, a: number, b = 2) {
        return new.target === undefined ? [this, a, b] : undefined;
      },
      { extra: 1 },
    );
    const bound = session('s', () => bind(fn));
    const self = {};
    expect(bound.call(self, 1)).toEqual([self, 1, 2]);
    expect([bound.name, bound.length, bound.extra]).toEqual(['named', 1, 1]);
    expect(new (bound as unknown as new (a: number) => object)(1)).toBeInstanceOf(fn);
    const error = new Error('mine');
    expect(
      bind(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('takes nothing but functions', () => {
    expect(() => bind(7 as never)).toThrow(new TypeError('bind() needs a function'));
  });
});
