import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, current, embedding, llm, retrieval, step, tool } from '../../src/instrument/index.ts';
import { attributesOf, idOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

/** The attribute of the spans of that name, in the order of their ends. */
const all = (name: string, key: string) =>
  recorder.spans.filter((span) => span.name === name).map((span) => span.attributes[key]);

const run = <T>(body: () => T): T => agent('a', body)();

describe('arguments and results', () => {
  it('of tools have hashes that are equal where they are', async () => {
    const weather = tool('weather', async ({ city }: { city: string }) => ({ city, degrees: city.length }));
    await run(async () => {
      await weather({ city: 'Paris' });
      await weather({ city: 'Rome' });
      await weather({ city: 'Paris' });
    });
    const [a, b, again] = all('execute_tool weather', 'ta.args_hash');
    expect(a).toMatch(/^[0-9a-f]{16}$/);
    expect([again, b === a]).toEqual([a, false]);
    const results = all('execute_tool weather', 'ta.result_hash');
    expect([results[2], results[1] === results[0]]).toEqual([results[0], false]);
    expect(all('execute_tool weather', 'ta.args_keys')).toEqual(['city', 'city', 'city']);
    // Names with an end each, a text with tag and end, a number of nine bytes, and the ends around them.
    expect(all('execute_tool weather', 'ta.result_bytes')).toEqual([31, 30, 31]);
  });

  it('are those before the call, and their own: a tool that changes them changes no hash', async () => {
    const push = tool('push', (list: number[]) => list.push(1));
    run(() => {
      push([]);
      push([]);
    });
    const [a, b] = all('execute_tool push', 'ta.args_hash');
    expect(b).toBe(a);
  });

  it('are compared for tools, retrievals, embeddings and models; elsewhere where asked for', () => {
    run(() => {
      tool('t', () => undefined)();
      retrieval('r', (_query: string) => ['hit'])('q');
      embedding('e', (_text: string) => [1])('q');
      llm('chat', (_prompt: string) => 'answer')('q');
      step('s', (_x: string) => 1)('q');
      step('compared', { hashes: true }, (_x: string) => 1)('q');
      tool('off', { hashes: false }, (_x: string) => 1)('q');
      llm('text_completion', () => 1)();
    });
    const seen = recorder.spans.map(({ name, attributes }) => [
      name,
      'ta.args_hash' in attributes,
      'ta.result_hash' in attributes,
    ]);
    expect(seen).toEqual([
      ['execute_tool t', true, false],
      ['retrieval r', true, true],
      ['embeddings', true, false],
      ['chat', true, false],
      ['s', false, false],
      ['compared', true, false],
      ['execute_tool off', false, false],
      ['text_completion', false, false],
      ['invoke_agent a', false, false],
    ]);
  });

  it('are compared by what is asked for; should that fail, the call goes on without', () => {
    const byQuery = { hashes: ([query]: [string, number]) => query };
    const search = tool('search', byQuery, (query: string, _at: number) => query);
    const failing = tool('failing', { hashes: ([x]: [{ y: { z: 1 } }]) => x.y.z }, (_x: { y: { z: 1 } }) => 7);
    run(() => {
      search('x', 1);
      search('x', 2);
      expect(failing({} as { y: { z: 1 } })).toBe(7);
    });
    const [a, b] = all('execute_tool search', 'ta.args_hash');
    expect(a).toMatch(/^[0-9a-f]{16}$/);
    expect(b).toBe(a);
    expect(all('execute_tool failing', 'ta.args_hash')).toEqual([undefined]);
  });

  it('are compared with nothing where a call is a trace of its own', () => {
    tool('t', (_x: string) => 'r')('q');
    expect(attributesOf(recorder.span('execute_tool t'))).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 't',
      'gen_ai.tool.type': 'function',
    });
  });

  it('of streams and failures have no result', async () => {
    const stream = tool('stream', async function* () {
      yield 1;
    });
    await run(async () => {
      for await (const _ of stream()) {
      }
      await tool('broken', async () => Promise.reject(new Error('no')))().catch(() => undefined);
    });
    expect(all('execute_tool stream', 'ta.result_hash')).toEqual([undefined]);
    expect(all('execute_tool broken', 'ta.result_bytes')).toEqual([undefined]);
  });
});

describe('attempts', () => {
  const failing = (times: number) => {
    let left = times;
    return async (_x?: unknown) => {
      if (left-- > 0) throw new Error('again');
      return 'ok';
    };
  };
  const retrying = async (call: () => Promise<unknown>): Promise<unknown> => {
    for (;;) {
      try {
        return await call();
      } catch {
        await sleep(1);
      }
    }
  };

  it('are counted where a failed call is made again with the same arguments', async () => {
    const search = tool('search', failing(2));
    await run(() => retrying(() => search('x')));
    expect(all('execute_tool search', 'ta.attempt')).toEqual([undefined, 2, 3]);
  });

  it('are not: other arguments, after a success, below another parent, of another tool', async () => {
    const search = tool('search', failing(1));
    const other = tool('other', async (_x: string) => 1);
    await run(async () => {
      await search('x').catch(() => undefined);
      await search('y');
      await other('x');
      await step('s', () => search('x'))();
    });
    await run(() => search('x'));
    expect(all('execute_tool search', 'ta.attempt')).toEqual([undefined, undefined, undefined, undefined]);
    expect(all('execute_tool other', 'ta.attempt')).toEqual([undefined]);
  });

  it('have one successor for each failure', async () => {
    const search = tool('search', failing(1));
    await run(async () => {
      await search('x').catch(() => undefined);
      await Promise.all([search('x'), search('x')]);
      await search('x');
    });
    expect(all('execute_tool search', 'ta.attempt')).toEqual([undefined, 2, undefined, undefined]);
  });

  it('are counted below spans of others, and for models by their name alone where no arguments are known', async () => {
    const ask = llm('chat', failing(1));
    await trace.getTracer('other').startActiveSpan('request', async (span) => {
      await retrying(() => ask());
      span.end();
    });
    expect(all('chat', 'ta.attempt')).toEqual([undefined, 2]);
  });

  it('may be said, and are counted from there', async () => {
    const search = tool('search', async (_x: string) => {
      if (all('execute_tool search', 'ta.attempt').length === 0) {
        current().attempt(4).attempt(0).attempt(1.5);
        throw new Error('again');
      }
    });
    await run(() => retrying(() => search('x')));
    expect(all('execute_tool search', 'ta.attempt')).toEqual([4, 5]);
  });
});

describe('turns', () => {
  it('number the model calls of an agent, and the tools that run after them', async () => {
    const ask = llm('chat', async (_prompt: number) => 1);
    const act = tool('act', async (_x: number) => 1);
    const loop = agent('loop', async () => {
      await act(0);
      for (let i = 1; i <= 3; i++) {
        await step('step', () => ask(i))();
        await Promise.all([act(i), act(-i)]);
      }
    });
    await loop();
    await loop();
    expect(all('chat', 'ta.turn')).toEqual([1, 2, 3, 1, 2, 3]);
    const once = [undefined, 1, 1, 2, 2, 3, 3];
    expect(all('execute_tool act', 'ta.turn')).toEqual([...once, ...once]);
  });

  it('are no turns: model calls of a tool, inside another model call, and outside of agents', async () => {
    const inner = llm('text_completion', async () => 1);
    const outer = llm('chat', () => inner());
    await run(async () => {
      await outer();
      await tool('summarise', () => inner())();
      await outer();
    });
    await outer();
    expect(all('text_completion', 'ta.turn')).toEqual([undefined, undefined, undefined, undefined]);
    expect(all('chat', 'ta.turn')).toEqual([1, 2, undefined]);
  });

  it('stay what they are for another attempt', async () => {
    let calls = 0;
    const ask = llm('chat', async () => {
      if (calls++ === 1) throw new Error('overloaded');
    });
    await run(async () => {
      await ask();
      await ask().catch(() => undefined);
      await ask();
      await ask();
    });
    expect(all('chat', 'ta.turn')).toEqual([1, 2, 2, 3]);
    expect(all('chat', 'ta.attempt')).toEqual([undefined, undefined, 2, undefined]);
  });
});

describe('a tool call', () => {
  it('links to the model call that asked for it, and is of its turn', async () => {
    const ask = llm('chat', async (ids: string[]) => {
      current().asksFor(ids);
    });
    const act = tool('act', { callId: ([{ id }]: [{ id: string }]) => id }, async (_call: { id: string }) => 1);
    const late = tool('late', async () => {
      current().toolCall('call-2');
    });
    await run(async () => {
      await ask(['call-1', 'call-2']);
      await ask(['call-3']);
      await act({ id: 'call-1' });
      await late();
      await act({ id: 'unknown' });
    });
    const first = recorder.spans.find((span) => span.name === 'chat')!;
    const tools = recorder.spans.filter((span) => span.name.startsWith('execute_tool'));
    expect(
      tools.map(({ attributes, links }) => [
        attributes['gen_ai.tool.call.id'],
        links.map(({ context, attributes }) => [context.spanId, attributes]),
        attributes['ta.turn'],
      ]),
    ).toEqual([
      ['call-1', [[idOf(first), { 'gen_ai.tool.call.id': 'call-1' }]], 1],
      ['call-2', [[idOf(first), { 'gen_ai.tool.call.id': 'call-2' }]], 1],
      ['unknown', [], 2],
    ]);
  });

  it('goes on where its id cannot be told', () => {
    const act = tool('act', { callId: ([{ id }]: [{ id: string }]) => id }, (_call: { id: string }) => 7);
    expect((act as () => number)()).toBe(7);
    expect(recorder.span('execute_tool act').attributes).not.toHaveProperty('gen_ai.tool.call.id');
  });

  it('changes something, or nothing, or it is not known', () => {
    tool('read', { readOnly: true }, () => 1)();
    tool('write', { readOnly: false }, () => 1)();
    tool('do', () => 1)();
    expect(recorder.spans.map((span) => span.attributes['ta.tool.read_only'])).toEqual([true, false, undefined]);
  });
});

it('embeddings of a list say how many they are', () => {
  const embed = embedding('embed', (input: string | string[]) => [input]);
  embed(['a', 'b', 'c']);
  embed('a');
  expect(all('embeddings', 'ta.batch_size')).toEqual([3, undefined]);
});
