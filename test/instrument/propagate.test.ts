import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, extract, inject, linksTo, session, step, tool } from '../../src/instrument/index.ts';
import { foreignSpan, idOf, parentIdOf, type Recorder, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;
const BAGGAGE = 'gen_ai.conversation.id=conv-1,gen_ai.agent.name=planner';
const FIELDS = { traceparent: TRACEPARENT, tracestate: 'vendor=1', baggage: BAGGAGE };
const bytes = (text: string) => new TextEncoder().encode(text);

/** What the spans of work in a carrier's context say. */
function workFrom(carrier: object | null | undefined) {
  extract(
    carrier,
    step('work', () => undefined),
  );
  const { attributes, parentSpanContext } = recorder.spans.findLast(({ name }) => name === 'work')!;
  return {
    trace: parentSpanContext?.traceId,
    parent: parentSpanContext?.spanId,
    state: parentSpanContext?.traceState?.serialize(),
    session: attributes['gen_ai.conversation.id'],
    agent: attributes['gen_ai.agent.name'],
  };
}
const JOINED = { trace: TRACE, parent: SPAN, state: 'vendor=1', session: 'conv-1', agent: 'planner' };
const ALONE = { trace: undefined, parent: undefined, state: undefined, session: undefined, agent: undefined };

describe('inject()', () => {
  it('writes the headers of W3C into a new object', () => {
    const written = session('conv-1', () => agent('planner', () => inject())());
    const { traceId, spanId } = recorder.span('invoke_agent planner').spanContext();
    expect(written).toEqual({
      traceparent: `00-${traceId}-${spanId}-01`,
      baggage: 'gen_ai.conversation.id=conv-1,gen_ai.agent.name=planner',
    });
  });

  it('hands on the state that other vendors keep with a trace', () => {
    const written = extract(FIELDS, () => step('work', () => inject())());
    expect(written).toMatchObject({ tracestate: 'vendor=1', baggage: BAGGAGE });
  });

  it('hands on that a trace is not recorded', () => {
    const carrier = { traceparent: `00-${TRACE}-${SPAN}-00` };
    expect(extract(carrier, () => inject()).traceparent).toBe(`00-${TRACE}-${SPAN}-00`);
  });

  it.each([
    ['an object', { a: '1' }, (fields: object) => ({ a: '1', ...fields })],
    ['Headers', new Headers({ a: '1' }), (fields: object) => new Headers({ a: '1', ...fields })],
    ['a Map', new Map([['a', '1']]), (fields: object) => new Map(Object.entries({ a: '1', ...fields }))],
    ['pairs', [['a', '1']], (fields: object) => [['a', '1'], ...Object.entries(fields)]],
    ['a flat list', ['a', '1'], (fields: object) => ['a', '1', ...Object.entries(fields).flat()]],
    ['an empty list', [], (fields: object) => Object.entries(fields)],
  ])('writes into %s that it is given, and returns it', (_, carrier, expected) => {
    const returned = session('s', () => step('work', () => inject(carrier))());
    expect(returned).toBe(carrier);
    const { traceId, spanId } = recorder.span('work').spanContext();
    expect(returned).toEqual(
      expected({ traceparent: `00-${traceId}-${spanId}-01`, baggage: 'gen_ai.conversation.id=s' }),
    );
  });

  it.each([
    ['an object', () => ({ TraceParent: 'old' }) as object],
    ['Headers', () => new Headers({ TraceParent: 'old' })],
    ['a Map', () => new Map([['TraceParent', 'old']])],
    ['pairs', () => [['TraceParent', 'old']]],
    ['a flat list', () => ['TraceParent', 'old']],
  ])('replaces what is there in %s, in whatever case', (_, make) => {
    const carrier = step('work', () => inject(make()))();
    const { traceId, spanId } = recorder.span('work').spanContext();
    const text = JSON.stringify(carrier instanceof Map || carrier instanceof Headers ? [...carrier] : carrier);
    expect(text.match(/traceparent/gi)).toHaveLength(1);
    expect(text).toContain(`00-${traceId}-${spanId}-01`);
  });

  it("adds to the program's own baggage header, in which only our entries give way", () => {
    const carrier = { Baggage: 'mine=1;meta=x, gen_ai.conversation.id=old,tenant=t' };
    const user = propagation.createBaggage({ tenant: { value: 'other' }, more: { value: 'ü' } });
    context.with(propagation.setBaggage(context.active(), user), () => session('s', () => inject(carrier)));
    expect(carrier).toEqual({ Baggage: 'mine=1;meta=x,tenant=t,more=%C3%BC,gen_ai.conversation.id=s' });
  });

  it('writes nothing where nothing is traced', () => {
    expect(inject()).toEqual({});
    expect(inject({ a: '1' })).toEqual({ a: '1' });
  });

  it('leaves a carrier that cannot be written to as it is', () => {
    const frozen = Object.freeze({ a: '1' });
    const broken = new Proxy(
      {},
      {
        set() {
          throw new Error('no');
        },
      },
    );
    step('work', () => {
      expect(inject(frozen)).toBe(frozen);
      expect(inject(broken)).toBe(broken);
    })();
    expect(frozen).toEqual({ a: '1' });
  });
});

describe('extract()', () => {
  const entries = Object.entries(FIELDS);
  it.each([
    ['an object', FIELDS],
    ['names in other cases', { TRACEPARENT: FIELDS.traceparent, TraceState: 'vendor=1', Baggage: BAGGAGE }],
    ['an object without a prototype', Object.assign(Object.create(null), FIELDS)],
    ['Headers', new Headers(FIELDS)],
    ['a Map', new Map(entries)],
    ['pairs', entries],
    ['a flat list', entries.flat()],
    ['headers as Node reads them', { host: 'h', 'set-cookie': ['a', 'b'], ...FIELDS }],
    ['several baggage headers', { ...FIELDS, baggage: BAGGAGE.split(',') }],
    [
      'several baggage headers in a flat list',
      [...entries.slice(0, 2).flat(), ...BAGGAGE.split(',').flatMap((one) => ['Baggage', one])],
    ],
    ['buffers, as Kafka has them', Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value)]))],
    ['lists of bytes', Object.fromEntries(entries.map(([name, value]) => [name, [bytes(value)]]))],
    ['metadata that is asked by name', { get: (name: string) => [FIELDS[name as 'baggage']], set: () => undefined }],
    [
      'headers of a broker that knows case',
      {
        get: (name: string) => ({ Traceparent: TRACEPARENT, Tracestate: 'vendor=1', Baggage: BAGGAGE })[name] ?? '',
        set: () => undefined,
        keys: () => ['Traceparent', 'Tracestate', 'Baggage'],
      },
    ],
  ])('reads %s', (_, carrier) => {
    expect(workFrom(carrier)).toEqual(JOINED);
  });

  it('returns and throws what the function does', () => {
    expect(extract(FIELDS, () => 7)).toBe(7);
    const error = new Error('mine');
    expect(() =>
      extract(FIELDS, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('goes on in promises', async () => {
    await extract(FIELDS, async () => {
      await Promise.resolve();
      foreignSpan('later');
    });
    expect(parentIdOf(recorder.span('later'))).toBe(SPAN);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', TRACEPARENT as unknown as object],
    ['an empty object', {}],
    ['an empty list', []],
    ['zeros', { traceparent: `00-${'0'.repeat(32)}-${SPAN}-01` }],
    ['no span', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }],
    ['the forbidden version', { traceparent: `ff-${TRACE}-${SPAN}-01` }],
    ['no hex', { traceparent: `00-${'g'.repeat(32)}-${SPAN}-01` }],
    ['too much', { traceparent: `${TRACEPARENT}-more` }],
    ['far too much', { traceparent: TRACEPARENT.padEnd(100_000, '0') }],
    ['a number', { traceparent: 7 }],
    ['an object', { traceparent: { toString: () => TRACEPARENT } }],
    ['bytes that are no text', { traceparent: new Uint8Array([255, 254]) }],
    ['a list of numbers', [1, 2, 3]],
    ['a getter that throws', Object.defineProperty({}, 'traceparent', { enumerable: true, get: () => fail() })],
    ['a proxy that throws', new Proxy({}, { get: fail, ownKeys: fail, has: fail, getOwnPropertyDescriptor: fail })],
    ['a get that throws', { get: fail, set: fail, keys: fail }],
  ])('reads nothing from %s', (_, carrier) => {
    expect(workFrom(carrier)).toEqual(ALONE);
  });

  it('takes baggage that comes without a trace', () => {
    expect(workFrom({ baggage: BAGGAGE })).toEqual({ ...ALONE, session: 'conv-1' });
  });

  it('leaves out ids and names that are too long to be any, and baggage that is none', () => {
    const baggage = `gen_ai.conversation.id=${'x'.repeat(257)},gen_ai.agent.name=%`;
    expect(workFrom({ ...FIELDS, baggage })).toEqual({ ...JOINED, session: undefined, agent: undefined });
  });

  it('makes work part of the sender, and of nothing that runs here', () => {
    const inner = tool('inner', () => undefined);
    session('local', () => agent('local agent', () => extract({ traceparent: TRACEPARENT }, inner))());
    const { attributes, parentSpanContext } = recorder.span('execute_tool inner');
    expect(parentSpanContext?.spanId).toBe(SPAN);
    expect([attributes['gen_ai.conversation.id'], attributes['gen_ai.agent.name']]).toEqual(['local', undefined]);
    session('local', () => expect(workFrom(FIELDS)).toEqual(JOINED));
  });
});

function fail(): never {
  throw new Error('hostile');
}

describe('linksTo()', () => {
  it('gives a link for each carrier that has a trace', () => {
    const other = { traceparent: `00-${TRACE}-${'1'.repeat(16)}-01` };
    expect(linksTo([FIELDS, {}, other]).map((link) => link.context.spanId)).toEqual([SPAN, '1'.repeat(16)]);
    expect(linksTo(FIELDS)).toMatchObject([{ context: { traceId: TRACE, spanId: SPAN, isRemote: true } }]);
    expect(linksTo([Object.entries(FIELDS), other])).toHaveLength(2);
    expect(linksTo(Object.entries(FIELDS).flat())).toHaveLength(1);
    expect([linksTo(undefined), linksTo(null), linksTo([]), linksTo({})]).toEqual([[], [], [], []]);
  });

  it('gives 128 at most', () => {
    expect(linksTo(Array(200).fill(FIELDS))).toHaveLength(128);
  });
});

describe('linkFrom', () => {
  interface Message {
    readonly headers: Record<string, string>;
    readonly body: number;
  }
  const queue: Message[] = [];
  const publish = step('publish', (body: number) => void queue.push({ headers: inject(), body }));
  const consume = step(
    'consume',
    { linkFrom: ([messages]: [Message[]]) => messages.map(({ headers }) => headers) },
    (messages: Message[]) => messages.length,
  );

  beforeEach(() => {
    queue.length = 0;
  });

  it('links a batch to what sent each of its messages', () => {
    for (const body of [1, 2, 3]) publish(body);
    const poll = step('poll', () => consume(queue));
    poll();
    const consumed = recorder.span('consume');
    const published = recorder.spans.filter(({ name }) => name === 'publish');
    expect(consumed.links.map((link) => link.context.spanId)).toEqual(published.map(idOf));
    expect(parentIdOf(consumed)).toBe(idOf(recorder.span('poll')));
  });

  it('makes the work part of the session, if all senders are of one', () => {
    const sessionOf = () =>
      recorder.spans.findLast(({ name }) => name === 'consume')!.attributes['gen_ai.conversation.id'];
    session('a', () => publish(1));
    session('a', () => publish(2));
    consume(queue);
    expect(sessionOf()).toBe('a');
    session('b', () => publish(3));
    consume(queue);
    expect(sessionOf()).toBeUndefined();
    session('poller', () => consume(queue.slice(0, 1)));
    expect(sessionOf()).toBe('a');
  });

  it('that throws or finds nothing leaves the call as it would be', () => {
    const broken = step('broken', { linkFrom: fail }, (n: number) => n + 1);
    const without = step('without', { linkFrom: () => undefined }, (n: number) => n + 1);
    expect([broken(1), without(1)]).toEqual([2, 2]);
    expect([recorder.span('broken').links, recorder.span('without').links]).toEqual([[], []]);
  });
});

describe("a program's own propagator", () => {
  /** One header, as that of B3. */
  const b3: TextMapPropagator = {
    fields: () => ['b3'],
    inject: (active, carrier, setter) => {
      const found = trace.getSpanContext(active);
      if (found !== undefined) setter.set(carrier, 'b3', `${found.traceId}-${found.spanId}-${found.traceFlags}`);
    },
    extract: (active, carrier, getter) => {
      const [traceId, spanId] = String(getter.get(carrier, 'b3') ?? '').split('-') as [string, string];
      if (spanId === undefined) return active;
      return trace.setSpanContext(active, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
    },
  };

  it('is what context goes by', async () => {
    await recorder.stop();
    recorder = startRecorder();
    propagation.disable();
    propagation.setGlobalPropagator(b3);
    const written = step('work', () => inject(new Map()))();
    const { traceId, spanId } = recorder.span('work').spanContext();
    expect([...written]).toEqual([['b3', `${traceId}-${spanId}-1`]]);
    expect(workFrom(new Map([['B3', `${TRACE}-${SPAN}-1`]]))).toMatchObject({ trace: TRACE, parent: SPAN });
    expect(workFrom({ b3: `nonsense-${SPAN}` })).toEqual(ALONE);
  });

  it('that throws is not noticed', async () => {
    propagation.disable();
    propagation.setGlobalPropagator({ fields: fail, inject: fail, extract: fail });
    expect(step('work', () => inject({ a: '1' }))()).toEqual({ a: '1' });
    expect(extract(FIELDS, () => 7)).toBe(7);
    expect(linksTo(FIELDS)).toEqual([]);
  });
});

describe('for any text', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 120 });

  it('session and agent come out as they went in', () => {
    fc.assert(
      fc.property(text, text, (id, name) => {
        const carrier = session(id, () => agent(name, () => inject())());
        const seen = workFrom(carrier);
        expect([seen.session, seen.agent]).toEqual([id, name]);
      }),
    );
  });

  it('hostile carriers never throw, and never make a trace that is none', () => {
    const value = fc.oneof(fc.string(), fc.constant(TRACEPARENT), fc.uint8Array(), fc.anything());
    const carrier = fc.oneof(
      fc.dictionary(fc.constantFrom('traceparent', 'tracestate', 'baggage', 'Baggage', '__proto__', 'get'), value),
      fc.array(fc.oneof(fc.tuple(fc.constantFrom('traceparent', 'baggage'), value), value)),
      fc.anything(),
    );
    fc.assert(
      fc.property(carrier, (one) => {
        const active = extract(one as object, () => context.active());
        const found = trace.getSpanContext(active);
        expect(found === undefined || (found.traceId === TRACE && found.spanId === SPAN)).toBe(true);
        linksTo(one as object);
        step('work', () => inject(one as object))();
      }),
      { numRuns: 500 },
    );
  });
});

it('without a provider does nothing', async () => {
  await recorder.stop();
  expect(inject()).toEqual({});
  const seen: Context = extract(FIELDS, () => context.active());
  expect(seen).toBe(ROOT_CONTEXT);
  expect(new NodeTracerProvider()).toBeDefined();
});
