import { context, propagation } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agent, extract, inject, session, tool } from '../../src/instrument/index.ts';
import { type Recorder, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

const withBaggage = <T>(entries: Record<string, string>, fn: () => T): T => {
  const values = Object.entries(entries).map(([key, value]) => [key, { value }]);
  return context.with(
    propagation.setBaggage(context.active(), propagation.createBaggage(Object.fromEntries(values))),
    fn,
  );
};

it("goes along with the program's own", () => {
  const carrier = withBaggage({ tenant: 't-1' }, () =>
    session(
      's',
      agent('planner', () => inject()),
    ),
  );
  expect(carrier.baggage).toBe('tenant=t-1,gen_ai.conversation.id=s,gen_ai.agent.name=planner');
  const entries = extract(carrier, () => propagation.getActiveBaggage()!.getAllEntries());
  expect(entries.map(([key, { value }]) => [key, value])).toEqual([
    ['tenant', 't-1'],
    ['gen_ai.conversation.id', 's'],
    ['gen_ai.agent.name', 'planner'],
  ]);
});

it('goes along, too, where the program puts its own in place of it', () => {
  const carrier = session('s', () =>
    agent('planner', () => withBaggage({ tenant: 't-1' }, () => tool('work', () => inject())()))(),
  );
  expect(carrier.baggage).toBe('tenant=t-1,gen_ai.conversation.id=s,gen_ai.agent.name=planner');
  expect(recorder.span('execute_tool work').attributes['gen_ai.conversation.id']).toBe('s');
});

it('says the innermost agent and session', () => {
  const inner = agent('inner', () => session('b', () => inject()));
  expect(session('a', () => agent('outer', inner)()).baggage).toBe('gen_ai.conversation.id=b,gen_ai.agent.name=inner');
});

it('is 256 characters at most; what is longer, or no text, is known in this process alone', () => {
  const carried = (id: string) => session(id, () => tool('work', () => inject())()).baggage;
  expect(carried('x'.repeat(256))).toBe(`gen_ai.conversation.id=${'x'.repeat(256)}`);
  for (const id of ['x'.repeat(257), 'half a pair \ud800']) {
    expect(session('outer', () => carried(id))).toBeUndefined();
  }
  const ids = recorder.spans.map(({ attributes }) => attributes['gen_ai.conversation.id']);
  expect(ids).toEqual(['x'.repeat(256), 'x'.repeat(257), 'half a pair \ud800']);
});

it('of a session stays here where it is not to be propagated', () => {
  const carrier = session('outer', () =>
    session('secret', () => withBaggage({ tenant: 't' }, () => tool('work', () => inject())()), { propagate: false }),
  );
  expect(carrier.baggage).toBe('tenant=t');
  expect(recorder.span('execute_tool work').attributes['gen_ai.conversation.id']).toBe('secret');
});

it('of nobody else is taken for an agent: local spans have their agent as their parent', () => {
  agent('planner', () => tool('work', () => undefined)())();
  expect(recorder.span('execute_tool work').attributes).not.toHaveProperty('gen_ai.agent.name');
});
