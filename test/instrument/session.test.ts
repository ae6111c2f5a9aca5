import { context, propagation } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agent, extract, llm, session, tool } from '../../src/instrument/index.ts';
import { type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});
afterEach(() => recorder.stop());

const idOfSpan = (name: string) => recorder.span(name).attributes['gen_ai.conversation.id'];

it('names the conversation on every wrapped call below it, however deep and late', async () => {
  await session('conv-1', async () => {
    await sleep(1);
    await agent('planner', async () => {
      await sleep(1);
      return tool('search', async () => sleep(1))();
    })();
  });
  tool('after', () => undefined)();
  expect(['invoke_agent planner', 'execute_tool search', 'execute_tool after'].map(idOfSpan)).toEqual([
    'conv-1',
    'conv-1',
    undefined,
  ]);
});

it('returns and throws what the function does, at once', () => {
  expect(session('s', () => 7)).toBe(7);
  const error = new Error('mine');
  expect(() =>
    session('s', () => {
      throw error;
    }),
  ).toThrow(error);
});

it('inside of another one wins, and gives way to an attribute', () => {
  session('a', () => {
    session('b', () => tool('inner', () => undefined)());
    tool('outer', () => undefined)();
    llm('chat', { attributes: { 'gen_ai.conversation.id': 'c' } }, () => undefined)();
  });
  expect(['execute_tool inner', 'execute_tool outer', 'chat'].map(idOfSpan)).toEqual(['b', 'a', 'c']);
});

it('of others at the same time is not mixed up', async () => {
  const work = tool('work', async (_: string) => sleep(2));
  await Promise.all(['a', 'b', 'c'].map((id) => session(id, async () => sleep(1).then(() => work(id)))));
  const ids = recorder.spans.map(({ attributes }) => attributes['gen_ai.conversation.id']);
  expect(ids.sort()).toEqual(['a', 'b', 'c']);
});

it('that comes with a carrier wins over one of this process, and the other way round inside', () => {
  const carrier = { baggage: 'gen_ai.conversation.id=remote' };
  session('local', () => extract(carrier, () => tool('extracted', () => undefined)()));
  extract(carrier, () => session('local', () => tool('local', () => undefined)()));
  expect(['execute_tool extracted', 'execute_tool local'].map(idOfSpan)).toEqual(['remote', 'local']);
});

it('stays where the program replaces the baggage', () => {
  session('s', () =>
    context.with(propagation.setBaggage(context.active(), propagation.createBaggage()), () =>
      tool('work', () => undefined)(),
    ),
  );
  expect(idOfSpan('execute_tool work')).toBe('s');
});

it('that is no text, or empty, is left out', () => {
  const work = tool('work', () => undefined);
  for (const id of ['', undefined, 7]) session('outer', () => session(id as string, work));
  expect(recorder.spans.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual(Array(3).fill('outer'));
});
