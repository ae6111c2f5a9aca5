import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, step, tool } from '../../src/instrument/index.ts';
import { idOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

const read = tool('read', async (ms: number) => {
  await sleep(ms);
  return ms;
});

/** Which started together: of each tool, in order of their starts, the number of its group's first and the group's size. */
function groups(): (string | undefined)[] {
  const tools = recorder.spans
    .filter((span) => span.name.startsWith('execute_tool'))
    .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1]);
  const ids = tools.map(idOf);
  return tools.map(({ attributes }) => {
    const id = attributes['ta.fanout.id'];
    return id === undefined ? undefined : `${ids.indexOf(id as string)} of ${attributes['ta.fanout.size']}`;
  });
}

describe('calls that are started together', () => {
  it('are a group: Promise.all', async () => {
    await agent('a', () => Promise.all([read(5), read(1), read(3)]))();
    expect(groups()).toEqual(['0 of 3', '0 of 3', '0 of 3']);
  });

  it('are a group by each wave', async () => {
    await agent('a', async () => {
      await Promise.all([read(1), read(1)]);
      await read(1);
      await Promise.all([1, 2, 3].map(read));
    })();
    expect(groups()).toEqual(['0 of 2', '0 of 2', undefined, '3 of 3', '3 of 3', '3 of 3']);
  });

  it('are a group without Promise.all, and below a span of somebody else', async () => {
    await trace.getTracer('other').startActiveSpan('request', async (span) => {
      const first = read(2);
      const second = read(1);
      await first;
      await second;
      span.end();
    });
    expect(groups()).toEqual(['0 of 2', '0 of 2']);
  });

  it('are groups of their parents', async () => {
    const inner = step('inner', () => Promise.all([read(1), read(1)]));
    await agent('a', () => Promise.all([inner(), inner()]))();
    expect(groups()).toEqual(['0 of 2', '0 of 2', '2 of 2', '2 of 2']);
    const [first, second] = recorder.spans.filter((span) => span.name === 'inner');
    expect(first?.attributes['ta.fanout.size']).toBe(2);
    expect(second?.attributes['ta.fanout.id']).toBe(first?.attributes['ta.fanout.id']);
  });
});

describe('calls one after another', () => {
  it('are none: awaited, also where nothing is waited for', async () => {
    const quick = tool('quick', async () => 1);
    await agent('a', async () => {
      for (let i = 0; i < 5; i++) await quick();
      await read(1);
      await read(1);
    })();
    expect(groups()).toEqual(Array.from({ length: 7 }));
  });

  it('are none: synchronous', () => {
    const now = tool('now', () => 1);
    agent('a', () => {
      now();
      now();
      now();
    })();
    expect(groups()).toEqual([undefined, undefined, undefined]);
  });

  it('are none: started later, while the first still runs', async () => {
    await agent('a', async () => {
      const first = read(5);
      await Promise.resolve();
      await Promise.all([first, read(1)]);
    })();
    expect(groups()).toEqual([undefined, undefined]);
  });

  it('are none: synchronous ones, also beside one that runs', async () => {
    const parse = tool('parse', (text: string) => text.length);
    await agent('a', async () => {
      const first = read(5);
      parse('a');
      parse('b');
      await first;
    })();
    expect(groups()).toEqual([undefined, undefined, undefined]);
  });

  it('are none: without a parent, as each is a trace of its own', async () => {
    await Promise.all([read(1), read(1)]);
    expect(groups()).toEqual([undefined, undefined]);
  });
});

it('changes no order of what the host does', async () => {
  const order = async (call: () => Promise<unknown>) => {
    const seen: string[] = [];
    const note = (what: string) => () => void seen.push(what);
    Promise.resolve().then(note('a')).then(note('b')).then(note('c'));
    const both = Promise.all([call(), call()]).then(note('both'));
    queueMicrotask(note('d'));
    await both;
    return seen;
  };
  const quick = async () => 1;
  const traced = tool('quick', quick);
  const bare = await step('bare', () => order(async () => quick()))();
  expect(await step('traced', () => order(async () => traced()))()).toEqual(bare);
});
