import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OtlpSpan } from '../../../src/analyze/formats/otlp-types.ts';
import { openJaeger, pullJaeger } from '../../../src/analyze/sources/jaeger.ts';
import { type JaegerQueryText, parseJaegerQuery } from '../../../src/analyze/sources/jaeger-query.ts';
import { selectTraces } from '../../../src/analyze/sources/jaeger-select.ts';
import { sendTraces, startJaeger } from '../../support/jaeger.ts';
import { recordingSink } from '../../support/jaeger-sink.ts';

const jaeger = await startJaeger();
const running = 'skipped' in jaeger ? undefined : jaeger;
const client = openJaeger(running?.baseUrl ?? 'http://skipped');

/** A test that needs the Jaeger; skipped, it says which variable would bring one. */
const live = (title: string, body: () => Promise<void>) =>
  it.skipIf('skipped' in jaeger)('skipped' in jaeger ? `${title} (${jaeger.skipped})` : title, body);

// Fresh names and ids: the Jaeger may be somebody's own. The times lie in a minute long ago, away from live traffic.
const run = randomBytes(4).toString('hex');
const FRONT = `front "end"/ü ${run}`;
const BACK = `back ${run}`;
const MANY = `many ${run}`;
const LONG_ID = randomBytes(16).toString('hex').replace(/^0/, '1');
const SHORT_ID = randomBytes(8).toString('hex').replace(/^0/, '1');
const BASE = BigInt(Date.UTC(2025, 5, 15, 12)) * 1_000_000n;
const WINDOW = { since: '2025-06-15T11:59:00Z', until: '2025-06-15T12:01:00Z' };

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

function span(traceId: string, n: number, more: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    traceId,
    spanId: n.toString(16).padStart(16, '0'),
    name: `span ${n}`,
    kind: 1,
    startTimeUnixNano: String(BASE + BigInt(n)),
    endTimeUnixNano: String(BASE + 1_234_567n + BigInt(n)),
    ...more,
  };
}

function resourceSpans(service: string, spans: readonly OtlpSpan[]) {
  const resource = { attributes: [text('service.name', service), text('host.name', 'h1')] };
  return { resource, scopeSpans: [{ scope: { name: 'lib', version: '1.2.3' }, spans }] };
}

/** A span with one of everything, attributes and events in no order, and a parent that is missing. */
const RICH = span(LONG_ID, 1, {
  name: 'GET /a?b=1&c "ü"',
  kind: 2,
  parentSpanId: '00000000000000ff',
  attributes: [
    text('z', 'last'),
    { key: 'int', value: { intValue: '9007199254740993' } },
    { key: 'dbl', value: { doubleValue: 0.1 } },
    { key: 'bool', value: { boolValue: true } },
    { key: 'arr', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: '2' }] } } },
    { key: 'map', value: { kvlistValue: { values: [text('k', 'v')] } } },
    { key: 'bytes', value: { bytesValue: 'AAEC' } },
  ],
  events: [
    { timeUnixNano: String(BASE + 20n), name: 'a later event', attributes: [text('y', '1'), text('x', '2')] },
    { timeUnixNano: String(BASE + 10n), name: 'z earlier event' },
  ],
  links: [{ traceId: SHORT_ID.padStart(32, '0'), spanId: '0000000000000001', attributes: [text('l', '1')] }],
  status: { code: 2, message: 'boom' },
});

const MANY_COUNT = 30;
const manyId = (n: number) => `${LONG_ID.slice(0, 28)}${(n + 4096).toString(16)}`;

function query(more: JaegerQueryText) {
  const parsed = parseJaegerQuery({ ...WINDOW, ...more }, Date.now());
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

async function pull(more: JaegerQueryText) {
  const sink = recordingSink();
  const result = await pullJaeger(client, query(more), sink);
  return { result, spans: sink.spans() };
}

beforeAll(async () => {
  if (running === undefined) return;
  const many = Array.from({ length: MANY_COUNT }, (_, n) =>
    span(manyId(n), 1, {
      startTimeUnixNano: String(BASE + BigInt(n) * 1_000_000n),
      endTimeUnixNano: String(BASE + BigInt(n) * 1_000_000n + (n % 2 === 0 ? 100_000_000n : 1_000_000n)),
      attributes: [text('parity', n % 2 === 0 ? 'even' : 'odd')],
    }),
  );
  const traces = {
    resourceSpans: [
      resourceSpans(FRONT, [RICH]),
      resourceSpans(BACK, [span(LONG_ID, 2, { parentSpanId: RICH.spanId, kind: 3 })]),
      resourceSpans(BACK, [span(SHORT_ID.padStart(32, '0'), 1)]),
      resourceSpans(MANY, many),
    ],
  };
  await sendTraces(running, traces, [LONG_ID, SHORT_ID, ...many.map((one) => one.traceId)]);
});
afterAll(() => running?.stop());

live('lists the services and operations that were sent', async () => {
  expect(await client.services()).toEqual(expect.arrayContaining([BACK, FRONT, MANY]));
  expect(await client.operations(FRONT)).toEqual([{ name: RICH.name, spanKind: 'server' }]);
});

live('gives back what was sent, to the nanosecond', async () => {
  const { result, spans } = await pull({ service: [FRONT] });
  expect(result).toMatchObject({ traces: 1, spans: 2, limitReached: false, missed: [], error: undefined });
  const rich = spans.find((one) => one.span.spanId === RICH.spanId)!;
  const byKey = <T extends { readonly key: string }>(list: readonly T[] = []) =>
    [...list].sort((a, b) => (a.key < b.key ? -1 : 1));
  const [later, earlier] = RICH.events!;
  expect(rich.span).toEqual({
    ...RICH,
    attributes: byKey(RICH.attributes),
    events: [earlier, { ...later, attributes: byKey(later?.attributes) }],
  });
  expect(rich.resource).toEqual({ attributes: [text('host.name', 'h1'), text('service.name', FRONT)] });
  expect(rich.scope).toMatchObject({ name: 'lib', version: '1.2.3' });
  const other = spans.find((one) => one !== rich)!;
  expect(other.resource.attributes).toContainEqual(text('service.name', BACK));
  expect(other.span).toMatchObject({ parentSpanId: RICH.spanId, endTimeUnixNano: String(BASE + 1_234_569n) });
});

live('gives the same bytes twice, whoever looks at the trace in between', async () => {
  // Compared without the size of the answers: Jaeger's warnings grow with every read.
  const bytes = async () => JSON.stringify((await pull({ service: [BACK, FRONT] })).spans);
  const first = await bytes();
  for (let look = 0; look < 3; look++) {
    const adjusted = await fetch(`${running!.baseUrl}/api/v3/traces/${LONG_ID}`);
    expect((await adjusted.text()).length).toBeGreaterThan(100);
  }
  expect(await bytes()).toBe(first);
});

live('finds a trace by an id without its leading zeros, and says which id is unknown', async () => {
  const unknown = randomBytes(16).toString('hex');
  const { result, spans } = await pull({ trace: [SHORT_ID.toUpperCase(), unknown] });
  expect(spans.map((one) => one.span.traceId)).toEqual([SHORT_ID.padStart(32, '0')]);
  expect(result.missed).toEqual([{ traceId: unknown, reason: 'not found', notFound: true }]);
});

live('takes the newest when there are more than the limit, by splitting the window', async () => {
  const { traces, limitReached, notes } = await selectTraces(client, query({ service: [MANY], limit: 7 }));
  const newest = Array.from({ length: 7 }, (_, n) => manyId(MANY_COUNT - 7 + n));
  expect(traces.map(({ traceId }) => traceId)).toEqual(newest);
  expect(limitReached).toBe(true);
  expect(notes).toEqual([expect.stringMatching(/^limit reached: the newest 7 traces/)]);
  const all = await selectTraces(client, query({ service: [MANY], limit: MANY_COUNT }));
  expect([all.traces.length, all.limitReached, all.notes]).toEqual([MANY_COUNT, false, []]);
});

live('filters by operation, duration, tag and time', async () => {
  const count = async (more: JaegerQueryText) =>
    (await selectTraces(client, query({ service: [MANY], ...more }))).traces.length;
  expect(await count({ operation: 'span 1' })).toBe(MANY_COUNT);
  expect(await count({ operation: 'nothing' })).toBe(0);
  expect(await count({ minDuration: '50ms' })).toBe(MANY_COUNT / 2);
  expect(await count({ tag: ['parity=odd'] })).toBe(MANY_COUNT / 2);
  expect(await count({ tag: ['parity=odd', 'host.name=h1'], minDuration: '50ms' })).toBe(0);
  expect(await count({ until: '2025-06-15T12:00:00.004500Z' })).toBe(5);
  expect(await count({ since: '2025-06-15T12:00:00.0285Z' })).toBe(1);
});

live('finds nothing where there is nothing', async () => {
  const { result } = await pull({ service: [`nobody ${run}`] });
  expect(result).toMatchObject({ traces: 0, missed: [], limitReached: false, notes: [] });
});

live('is told from an address that is not its API', async () => {
  const elsewhere = openJaeger(`${running!.baseUrl}/wrong/base`);
  await expect(elsewhere.services()).rejects.toMatchObject({ code: 'TA1201' });
  const otlp = openJaeger(running!.otlpUrl);
  await expect(otlp.services()).rejects.toMatchObject({ code: 'TA1201' });
});
