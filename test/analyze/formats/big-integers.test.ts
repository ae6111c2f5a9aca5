import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteBigIntegers } from '../../../src/analyze/formats/big-integers.ts';

describe('quoteBigIntegers', () => {
  it('keeps every digit of an integer that a double cannot hold', () => {
    const text = '{"a":1700000000000000001,"b":[-9223372036854775808, 18446744073709551615],"c":12}';
    expect(JSON.parse(quoteBigIntegers(text))).toEqual({
      a: '1700000000000000001',
      b: ['-9223372036854775808', '18446744073709551615'],
      c: 12,
    });
  });

  it('leaves strings, fractions and exponents alone', () => {
    const text =
      '{"a: 1234567890123456789":"x, 1234567890123456789 \\" 1234567890123456789","b": 1234567890123456.5,"c": 1234567890123456e3}';
    expect(quoteBigIntegers(text)).toBe(text);
  });

  it('does not make JSON of what is none', () => {
    for (const text of ['{"a": 00000000000000001}', '[1234567890123456789', '[12345678901234567-]', '"a\\']) {
      expect(() => JSON.parse(quoteBigIntegers(text))).toThrow(SyntaxError);
    }
  });

  it('changes no document without such integers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const small = (_key: string, part: unknown) => (typeof part === 'number' ? Math.trunc(part % 1e6) : part);
        const text = JSON.stringify([value, ': 1234567890123456789'], small);
        expect(quoteBigIntegers(text)).toBe(text);
      }),
    );
  });
});
