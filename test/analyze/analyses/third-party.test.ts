import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../src/analyze/analyses/critical-path/index.ts';
import { thirdParty, thirdPartyWith } from '../../../src/analyze/analyses/third-party.ts';
import type { ThirdParty } from '../../../src/analyze/analyses/third-party-types.ts';
import { factOf } from '../../../src/analyze/model/facts.ts';
import type { Trace } from '../../../src/analyze/model/trace.ts';
import { idsOf, type SpanDrawing, spanNumber, traceFrom } from '../../support/trace-from.ts';

type Attributes = NonNullable<SpanDrawing['attributes']>;

const ROOT: SpanDrawing = { id: 'R', start: 0, end: 1000, kind: 'server' };
const chat: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
};
const http = (url: string): Attributes => ({ 'http.request.method': 'POST', 'url.full': url });
const client = (
  id: string,
  parent: string,
  start: number,
  end: number,
  attributes: Attributes,
  more: Partial<SpanDrawing> = {},
): SpanDrawing => ({
  id,
  parent,
  start,
  end,
  kind: 'client',
  attributes,
  ...more,
});

const parties = ({ parties }: ThirdParty) =>
  parties.map(({ party, calls, sumNs, wallNs, exclusiveWallNs, pathNs }) =>
    [
      party.name,
      party.class,
      party.rule,
      calls.length,
      ...[sumNs, wallNs, exclusiveWallNs, pathNs].map((ns) => ns / 1e6),
    ].join(' '),
  );
const own = ({ own: { codeNs, internalNs, waitNs, untracedNs } }: ThirdParty) =>
  [codeNs, internalNs, waitNs, untracedNs].map((ns) => ns / 1e6).join(' ');

describe('the third-party share', () => {
  // R    ####                    ######   code 450
  // L        #                  #         chat: llm client, 50
  // P         ##################          POST api.openai.com, 500
  it('gives a model call to the host of its transport and the time above it to our code', () => {
    const share = thirdParty(
      traceFrom([
        ROOT,
        client('L', 'R', 100, 650, chat),
        client('P', 'L', 125, 625, http('https://api.openai.com:443/v1/chat')),
      ]),
    );
    // One call, measured by the outer span; the path by R15.
    expect(parties(share)).toEqual(['api.openai.com third_party provider 1 550 550 550 500']);
    expect(share.totals).toEqual({ calls: 1, sumNs: 550e6, wallNs: 550e6, pathNs: 500e6 });
    expect(own(share)).toBe('500 0 0 0');
    expect(share.buckets).toEqual(['code', 'code', 'party', 'code', 'code']);
  });

  it('gives the whole of a model call that nothing else saw, and of one that streams, to its provider', () => {
    const alone = thirdParty(traceFrom([ROOT, client('L', 'R', 100, 650, chat)]));
    expect(parties(alone)).toEqual(['openai third_party provider 1 550 550 550 550']);
    const streaming = thirdParty(
      traceFrom([
        ROOT,
        client('L', 'R', 100, 650, { ...chat, 'gen_ai.request.stream': true }),
        client('P', 'L', 125, 225, http('https://api.openai.com/v1/chat')),
      ]),
    );
    expect(parties(streaming)).toEqual(['api.openai.com third_party provider 1 550 550 550 550']);
  });

  it('does not mistake the opening of a connection for a call below', () => {
    const trace = traceFrom([
      ROOT,
      client('P', 'R', 100, 600, http('https://api.vendor.com/a')),
      client('C', 'P', 110, 200, { 'server.address': 'api.vendor.com' }, { name: 'tls.connect' }),
    ]);
    const share = thirdParty(trace);
    expect(parties(share)).toEqual(['api.vendor.com third_party public-host 1 500 500 500 410']);
    expect(own(share)).toBe('590 0 0 0');
  });

  // A   ######        two vendors at once
  // B      ######
  it('keeps wall, exclusive and path time apart where calls overlap', () => {
    const share = thirdParty(
      traceFrom([
        ROOT,
        client('A', 'R', 100, 500, http('https://api.a.com/')),
        client('B', 'R', 300, 700, http('https://api.b.com/')),
      ]),
    );
    expect(parties(share)).toEqual([
      'api.a.com third_party public-host 1 400 400 200 0', // B was awaited last, A was running when it began
      'api.b.com third_party public-host 1 400 400 200 400',
    ]);
    expect(share.totals).toEqual({ calls: 2, sumNs: 800e6, wallNs: 600e6, pathNs: 400e6 });
  });

  it('counts a login within a call for itself', () => {
    const share = thirdParty(
      traceFrom([
        ROOT,
        client('L', 'R', 100, 600, chat),
        client('A', 'L', 110, 200, http('https://login.auth.com/token')),
        client('P', 'L', 210, 590, http('https://api.openai.com/v1')),
      ]),
    );
    // The chat has the host of the longer call within it; the login is a call of its own.
    expect(parties(share)).toEqual([
      'api.openai.com third_party provider 1 500 500 410 380',
      'login.auth.com third_party public-host 1 90 90 0 90',
    ]);
  });

  it('keeps what a served call causes with the service that serves it', () => {
    const trace = traceFrom([
      ROOT,
      client('C', 'R', 100, 600, http('http://billing/pay')),
      { id: 'S', parent: 'C', start: 150, end: 550, kind: 'server', service: 'billing' },
      client('V', 'S', 200, 500, http('https://api.stripe.com/v1'), { service: 'billing' }),
    ]);
    const share = thirdParty(trace);
    expect(parties(share)).toEqual([
      'api.stripe.com third_party vendor-host 1 300 300 300 300',
      'billing internal server-in-trace 1 500 500 200 0',
    ]);
    expect(own(share)).toBe('500 200 0 0'); // the call itself 100, the service's own 100
    expect(share.partyOf(spanNumber(trace, 'V'))?.vendor).toBe('Stripe');
    expect(share.partyOf(spanNumber(trace, 'S'))).toBeUndefined();
  });

  it('shows managed and unknown parties apart, outside the totals', () => {
    const share = thirdParty(
      traceFrom([
        ROOT,
        client('D', 'R', 100, 200, {
          'db.system': 'postgresql',
          'server.address': 'x.y.rds.amazonaws.com',
          'db.query.text': 'SELECT 2',
        }),
        client('U', 'R', 300, 500, { 'db.system': 'postgresql', 'db.query.text': 'SELECT 2' }),
      ]),
    );
    expect(parties(share)).toEqual([
      'postgresql unknown nothing-known 1 200 200 200 200',
      'x.y.rds.amazonaws.com managed managed-host 1 100 100 100 100',
    ]);
    expect(share.totals).toEqual({ calls: 0, sumNs: 0, wallNs: 0, pathNs: 0 });
    expect(own(share)).toBe('700 0 0 0');
  });

  it('takes agents, tools and searches without a host for our own code', () => {
    const share = thirdParty(
      traceFrom([
        ROOT,
        client('A', 'R', 100, 900, { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.provider.name': 'openai' }),
        {
          id: 'T',
          parent: 'A',
          start: 200,
          end: 300,
          attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 't' },
        },
        { id: 'S', parent: 'A', start: 400, end: 500, attributes: { 'gen_ai.operation.name': 'retrieval' } },
      ]),
    );
    expect(share.parties).toEqual([]);
    expect(own(share)).toBe('1000 0 0 0');
  });

  it('is not misled by spans of one program that are recorded as SERVER', () => {
    const trace = traceFrom([
      ROOT,
      client('L', 'R', 100, 600, chat),
      { id: 'E', parent: 'L', start: 590, end: 599, kind: 'server', name: 'enqueue' },
    ]);
    expect(thirdParty(trace).parties[0]?.party).toMatchObject({ name: 'openai', class: 'third_party' });
  });

  it('clips calls to the window', () => {
    const share = thirdParty(traceFrom([ROOT, client('P', 'R', 900, 1200, http('https://api.a.com/'))]));
    expect(share.parties[0]).toMatchObject({ sumNs: 100e6, wallNs: 100e6 });
  });

  it('obeys the configuration', () => {
    const trace = traceFrom([ROOT, client('P', 'R', 100, 300, http('https://api.acme.com/'))]);
    const share = thirdPartyWith(trace, { ownDomains: ['acme.com'] });
    expect(parties(share)).toEqual(['api.acme.com internal own-domain 1 200 200 200 200']);
    expect(own(share)).toBe('800 200 0 0');
  });

  it('lists calls by outer span, failed ones counted', () => {
    const trace = traceFrom([
      ROOT,
      client('A', 'R', 100, 200, http('https://api.a.com/'), { error: true }),
      client('B', 'R', 300, 400, http('https://api.a.com/')),
    ]);
    const [use] = thirdParty(trace).parties;
    expect(idsOf(trace, use?.calls ?? [])).toEqual(['A', 'B']);
    expect(use?.errors).toBe(1);
  });
});

describe('the ledger of the path', () => {
  const URLS = ['https://api.a.com/', 'https://api.openai.com/v1', 'http://db.internal/', 'http://svc-b/', undefined];
  const spans = fc.array(
    fc.record({
      parent: fc.nat(),
      start: fc.integer({ min: 0, max: 400_000 }),
      length: fc.integer({ min: 0, max: 400_000 }),
      kind: fc.constantFrom('client', 'server', 'internal', 'producer', 'consumer', 'unspecified'),
      service: fc.constantFrom('a', 'b', 'c'),
      url: fc.constantFrom(...URLS),
      llm: fc.boolean(),
      stream: fc.boolean(),
      lost: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 1, maxLength: 25 },
  );

  /** Times are nanoseconds, so that no sum is round by luck. */
  function random(drawn: typeof spans extends fc.Arbitrary<infer T> ? T : never): Trace {
    return traceFrom(
      drawn.map(
        ({ parent, start, length, kind, service, url, llm, stream, lost }, i): SpanDrawing => ({
          id: `s${i}`,
          start: start / 1e6,
          end: (start + length) / 1e6,
          ...(i === 0 ? {} : { parent: lost === 0 ? 'gone' : `s${parent % i}` }),
          kind: kind as NonNullable<SpanDrawing['kind']>,
          service,
          attributes: {
            ...(url === undefined ? {} : http(url)),
            ...(llm ? chat : {}),
            ...(stream ? { 'gen_ai.request.stream': true } : {}),
          },
        }),
      ),
    );
  }

  it('adds up to the window, to the nanosecond', () => {
    fc.assert(
      fc.property(spans, (drawn) => {
        const trace = random(drawn);
        const { parties: uses, own: mine, buckets, totals } = thirdParty(trace);
        const { windowStart, windowEnd, segments } = factOf(trace, criticalPath);
        const outside = uses.filter(({ party }) => party.class !== 'internal');
        const sum =
          outside.reduce((ns, use) => ns + use.pathNs, 0) +
          mine.codeNs +
          mine.internalNs +
          mine.waitNs +
          mine.untracedNs;
        expect(sum).toBe(windowEnd - windowStart);
        expect(buckets).toHaveLength(segments.length);
        expect(totals.wallNs).toBeLessThanOrEqual(windowEnd - windowStart);
        for (const { sumNs, wallNs, exclusiveWallNs, pathNs } of uses) {
          expect(exclusiveWallNs).toBeLessThanOrEqual(wallNs);
          expect(wallNs).toBeLessThanOrEqual(sumNs);
          for (const ns of [sumNs, wallNs, exclusiveWallNs, pathNs])
            expect(Number.isSafeInteger(ns) && ns >= 0).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('names a party for every segment in the bucket of parties', () => {
    fc.assert(
      fc.property(spans, (drawn) => {
        const trace = random(drawn);
        const share = thirdParty(trace);
        const byParty = new Map<string, number>();
        factOf(trace, criticalPath).segments.forEach(({ span, start, end }, i) => {
          if (share.buckets[i] !== 'party') return;
          const name = share.partyOf(span)?.name ?? 'none';
          byParty.set(name, (byParty.get(name) ?? 0) + end - start);
        });
        const expected = share.parties.filter(({ party, pathNs }) => party.class !== 'internal' && pathNs > 0);
        const grouped = new Map<string, number>();
        for (const { party, pathNs } of expected) grouped.set(party.name, (grouped.get(party.name) ?? 0) + pathNs);
        expect(byParty).toEqual(grouped);
      }),
      { numRuns: 150 },
    );
  });
});

describe('large traces', () => {
  it('a chain of 200,000 calls has one outer call', () => {
    const deep = Array.from(
      { length: 200_000 },
      (_, i): SpanDrawing => ({
        id: `c${i}`,
        start: i / 1e6,
        end: (400_001 - i) / 1e6,
        ...(i === 0 ? {} : { parent: `c${i - 1}` }),
        kind: 'client',
        attributes: http('https://api.a.com/'),
      }),
    );
    expect(thirdParty(traceFrom(deep)).parties[0]?.calls).toEqual([0]);
  });
});
