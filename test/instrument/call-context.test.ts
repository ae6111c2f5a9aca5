import { createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import type { Call } from '../../src/instrument/call.ts';
import { CALL_KEY, CallContext } from '../../src/instrument/call-context.ts';

const KEY = createContextKey('test');
const spanOf = (spanId: string) =>
  trace.wrapSpanContext({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId, traceFlags: 1 });
const callNamed = (name: string) => ({ name }) as unknown as Call;

it('holds a span and a call above what is around it', () => {
  const span = spanOf('b7ad6b7169203331');
  const call = callNamed('a');
  const context = new CallContext(ROOT_CONTEXT.setValue(KEY, 'outer'), span, call);
  expect(trace.getSpan(context)).toBe(span);
  expect(context.getValue(CALL_KEY)).toBe(call);
  expect(context.getValue(KEY)).toBe('outer');
});

it('is a context like others: what is set on it or deleted from it goes to a new one', () => {
  const span = spanOf('b7ad6b7169203331');
  const call = callNamed('a');
  const context = new CallContext(ROOT_CONTEXT.setValue(KEY, 'outer'), span, call);
  const inner = spanOf('00f067aa0ba902b7');
  const set = trace.setSpan(context.setValue(KEY, 'inner'), inner);
  expect([trace.getSpan(set), set.getValue(CALL_KEY), set.getValue(KEY)]).toEqual([inner, call, 'inner']);
  const deleted = trace.deleteSpan(context).deleteValue(CALL_KEY);
  expect([trace.getSpan(deleted), deleted.getValue(CALL_KEY), deleted.getValue(KEY)]).toEqual([
    undefined,
    undefined,
    'outer',
  ]);
  expect([trace.getSpan(context), context.getValue(CALL_KEY), context.getValue(KEY)]).toEqual([span, call, 'outer']);
});

it('finds what is around it at any depth', () => {
  let context = ROOT_CONTEXT.setValue(KEY, 'outer');
  for (let i = 0; i < 100_000; i++) context = new CallContext(context, spanOf('b7ad6b7169203331'), callNamed(`${i}`));
  expect([context.getValue(CALL_KEY), context.getValue(KEY)]).toEqual([{ name: '99999' }, 'outer']);
  const set = context.setValue(KEY, 'inner');
  expect([set.getValue(CALL_KEY), set.getValue(KEY)]).toEqual([{ name: '99999' }, 'inner']);
});
