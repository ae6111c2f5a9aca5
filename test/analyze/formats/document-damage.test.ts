import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/analyze/model/errors.ts';
import { fixture, jaegerTrace, otlp, pretty } from '../../support/documents.ts';
import { outcomeOf } from '../../support/read-document.ts';

/** Beyond what is looked at to tell the format, so that records are cut as well. */
const LONG = `"x":"${'x'.repeat(1000)}",`;

const DOCUMENTS: readonly (readonly [string, Uint8Array])[] = [
  ['OTLP JSON', Buffer.from(`{${LONG}${otlp(1, 2, 3).slice(1)}`)],
  ['OTLP lines', Buffer.from(`\ufeff{${LONG}${otlp(1).slice(1)}\n${otlp(2)}\r\n${otlp(3)}\n`)],
  ['broken lines', Buffer.from(`${otlp(1).slice(0, 200)}\n${otlp(2)}\nx\n${otlp(3).slice(0, 250)}\n${otlp(4)}`)],
  ['Jaeger JSON', Buffer.from(`{${LONG}"data":[${jaegerTrace(1, 2)},${pretty(jaegerTrace(3))}]}`)],
  ['OTLP protobuf', fixture('formats/otlp-protobuf/0.bin')],
  ['more OTLP protobuf', fixture('formats/otlp-protobuf/1.bin')],
  ['a sample of CRISP', fixture('formats/crisp-10.json')],
  ['an example of OTLP', fixture('formats/otlp-trace.json')],
  ['Zipkin', fixture('formats/zipkin-envoy.json')],
];

describe.each(DOCUMENTS)('whatever happens to %s', (_name, document) => {
  it('reads the same in pieces of any size', () => {
    const whole = outcomeOf(document);
    for (const size of [1, 2, 3, 7, 64, 1000, 1024, 1025, 4096]) expect(outcomeOf(document, size)).toEqual(whole);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: document.length }), (size) => {
        expect(outcomeOf(document, size)).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('takes none of its beginnings for the whole', () => {
    const whole = outcomeOf(document);
    const all = 'spans' in whole ? whole.spans : [];
    for (let end = 0; end < document.length; end++) {
      const read = outcomeOf(document.subarray(0, end));
      if ('error' in read) {
        expect(read.error).toBeInstanceOf(InputError);
        continue;
      }
      // Of Jaeger JSON, the process that comes after the spans may be missing.
      expect(read.spans.map(({ span }) => span)).toEqual(all.slice(0, read.spans.length).map(({ span }) => span));
      if (!read.summary.cut && read.summary.skipped.length === 0) {
        expect(Buffer.from(document.subarray(0, end)).toString('latin1').trimEnd()).toMatch(/[}\]]$/);
      }
    }
  });

  it('never crashes on flipped bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(document.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 2000 }),
        (flips, size) => {
          const damaged = Buffer.from(document);
          for (const [at, mask] of flips) damaged[at]! ^= mask;
          const read = outcomeOf(damaged, size);
          if ('error' in read) expect(read.error).toBeInstanceOf(InputError);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never crashes on pieces cut out, doubled and swapped', () => {
    const cut = fc.tuple(fc.nat(document.length), fc.nat(document.length), fc.nat(document.length));
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
        let damaged: Buffer = Buffer.from(document);
        for (const [from, to, at] of cuts) {
          const piece = damaged.subarray(Math.min(from, to), Math.max(from, to));
          damaged = Buffer.concat([damaged.subarray(0, at), piece, damaged.subarray(at)]);
          if (at % 2 === 0) damaged = Buffer.concat([damaged.subarray(0, from), damaged.subarray(to)]);
        }
        const read = outcomeOf(damaged);
        if ('error' in read) expect(read.error).toBeInstanceOf(InputError);
      }),
      { numRuns: 200 },
    );
  });
});
