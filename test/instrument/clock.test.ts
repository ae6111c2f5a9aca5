import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hrTime } from '../../src/instrument/clock.ts';
import { agent, tool } from '../../src/instrument/index.ts';
import { type Recorder, startRecorder } from './recorder.ts';

describe('a time', () => {
  it('is that of a clock since the epoch, to the nanosecond that a double can hold', () => {
    expect(hrTime(1_700_000_000_000, 0)).toEqual([1_700_000_000, 0]);
    expect(hrTime(1_700_000_000_000.5, 1234.25)).toEqual([1_700_000_001, 234_750_000]);
  });

  it('never has a second of nanoseconds', () => {
    expect(hrTime(999.9999999, 0)).toEqual([1, 0]);
  });
});

describe('the spans of one trace', () => {
  let recorder: Recorder;

  beforeEach(() => {
    recorder = startRecorder();
  });

  afterEach(() => recorder.stop());

  const ns = ([seconds, nanoseconds]: readonly [number, number]) =>
    BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);

  it('lie in each other as the calls did, and calls one after another never overlap', () => {
    const part = tool('part', () => {
      for (const end = performance.now() + 0.3; performance.now() < end; );
    });
    agent('whole', () => {
      for (let i = 0; i < 50; i++) part();
    })();
    const whole = recorder.span('invoke_agent whole');
    let last = ns(whole.startTime);
    for (const span of recorder.spans.filter(({ name }) => name === 'execute_tool part')) {
      expect(ns(span.startTime)).toBeGreaterThanOrEqual(last);
      last = ns(span.endTime);
    }
    expect(ns(whole.endTime)).toBeGreaterThanOrEqual(last);
  });

  it('are at the time of day', () => {
    tool('x', () => 1)();
    const { startTime } = recorder.span('execute_tool x');
    expect(Math.abs(Number(ns(startTime) / 1_000_000n) - Date.now())).toBeLessThan(1000);
  });
});
