import { describe, expect, it } from 'vitest';
import {
  formatInstant,
  type JaegerQueryText,
  parseDuration,
  parseInstant,
  parseJaegerQuery,
  parseTraceId,
} from '../../../src/analyze/sources/jaeger-query.ts';

const NOON_MS = Date.UTC(2026, 10, 24, 12);
const NOON = BigInt(NOON_MS) * 1_000_000n;
const HOUR = 3_600_000_000_000n;

describe('parseDuration', () => {
  it.each([
    ['1h', HOUR],
    ['1h30m', HOUR + HOUR / 2n],
    ['1.5s', 1_500_000_000n],
    ['250ms', 250_000_000n],
    ['0.000001ms', 1n],
    ['3µs', 3_000n],
    ['7d', 7n * 24n * HOUR],
    ['0s', 0n],
  ])('reads %s', (text, ns) => {
    expect(parseDuration(text)).toBe(ns);
  });

  it.each(['', '1', 'h', '-1h', '1 h', '1h30', '1.h', 'one hour', '1e3s', '1H'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('parseInstant', () => {
  it.each([
    ['now', NOON],
    ['1h', NOON - HOUR],
    ['2026-11-24T12:00:00Z', NOON],
    ['2026-11-24T14:00:00+02:00', NOON],
    ['2026-11-24t12:00:00.000000001z', NOON + 1n],
    ['2026-11-24 12:00:00.5Z', NOON + 500_000_000n],
    ['2024-02-29T00:00:00Z', BigInt(Date.UTC(2024, 1, 29)) * 1_000_000n],
  ])('reads %s', (text, expected) => {
    expect(parseInstant(text, NOON)).toBe(expected);
  });

  it.each([
    '2026-11-24',
    '2026-11-24T12:00:00',
    '2026-02-30T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-11-24T25:00:00Z',
    '1732449600',
    'yesterday',
    '99999w',
  ])('refuses %j', (text) => {
    expect(parseInstant(text, NOON)).toBeUndefined();
  });

  it('is undone by formatInstant, to the nanosecond', () => {
    const instant = NOON + 123_456_789n;
    expect(formatInstant(instant)).toBe('2026-11-24T12:00:00.123456789Z');
    expect(parseInstant(formatInstant(instant), 0n)).toBe(instant);
  });
});

describe('parseTraceId', () => {
  it('pads hex ids of 1 to 31 digits with zeros on the left', () => {
    expect(parseTraceId('a1b2c3d4e5f60718')).toBe('0000000000000000a1b2c3d4e5f60718');
    expect(parseTraceId('1')).toBe('00000000000000000000000000000001');
    expect(parseTraceId(' 5B8AA5A2D2C872E8321CF37308D69DF2 ')).toBe('5b8aa5a2d2c872e8321cf37308d69df2');
  });

  it.each(['', 'xyz', '0x1', '123456789012345678901234567890123', '1-2'])('refuses %j', (text) => {
    expect(parseTraceId(text)).toBeUndefined();
  });
});

describe('parseJaegerQuery', () => {
  const parse = (text: JaegerQueryText) => parseJaegerQuery(text, NOON_MS);

  it('looks at the last hour of every service for the newest hundred', () => {
    expect(parse({})).toEqual({
      ok: true,
      value: {
        services: [],
        operation: undefined,
        sinceUnixNano: NOON - HOUR,
        untilUnixNano: NOON,
        minDurationNs: undefined,
        tags: [],
        limit: 100,
        traceIds: [],
      },
    });
  });

  it('reads every flag, lists sorted and without repeats', () => {
    const text = {
      service: ['b', 'a', 'b'],
      operation: 'GET /a?b=1&c',
      since: '2h',
      until: '1h',
      minDuration: '1.5s',
      tag: ['http.url=a=b', '__proto__=x', 'empty='],
      limit: '7',
      trace: ['B', 'a', '0b'],
    };
    expect(parse(text)).toEqual({
      ok: true,
      value: {
        services: ['a', 'b'],
        operation: 'GET /a?b=1&c',
        sinceUnixNano: NOON - 2n * HOUR,
        untilUnixNano: NOON - HOUR,
        minDurationNs: 1_500_000_000n,
        tags: [
          ['__proto__', 'x'],
          ['empty', ''],
          ['http.url', 'a=b'],
        ],
        limit: 7,
        traceIds: ['0000000000000000000000000000000a', '0000000000000000000000000000000b'],
      },
    });
  });

  it.each<[JaegerQueryText, string]>([
    [{ since: 'soon' }, '--since "soon" is not 1h, 7d or 2026-11-20T14:00:00Z'],
    [{ until: '12:00' }, '--until "12:00" is not 30m (ago), now or 2026-11-20T14:00:00Z'],
    [{ since: '1h', until: '2h' }, '--since must be before --until'],
    [{ until: '2h' }, '--since must be before --until (it is 1h ago unless given)'],
    [{ minDuration: '5x' }, '--min-duration "5x" is not 500ms, 2s or 1m30s'],
    [{ limit: '0' }, '--limit "0" is not a whole number from 1 to 1000000'],
    [{ limit: 1.5 }, '--limit "1.5" is not a whole number from 1 to 1000000'],
    [{ limit: '1e3' }, '--limit "1e3" is not a whole number from 1 to 1000000'],
    [{ tag: ['error'] }, '--tag "error" is not of the form key=value'],
    [{ tag: ['a=1', 'a=2'] }, '--tag "a" is given twice'],
    [{ trace: ['xyz'] }, '--trace "xyz" is not a trace id of 1 to 32 hex digits'],
  ])('says what is wrong with %j', (text, problem) => {
    expect(parse(text)).toEqual({ ok: false, problem });
  });
});
