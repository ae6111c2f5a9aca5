import { context, type Span, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, llm, step, tool } from '../../../src/instrument/index.ts';
import { type Recorder, recorder } from '../../../src/instrument/testing/index.ts';

let recording: Recorder;

beforeEach(() => {
  recording = recorder();
});

afterEach(() => recording.stop());

const remote = trace.setSpanContext(context.active(), {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
});

const ask = llm('chat', { model: 'gpt-5', provider: 'openai' }, () => 'Paris');
const weather = tool('weather', async (city: string) => {
  if (city === 'Atlantis') throw new RangeError('no such city');
  return step('look up', () => 'sun')();
});
const planner = agent('planner', async () => {
  ask();
  await Promise.allSettled([weather('Paris'), weather('Atlantis')]);
});

/** What a failed assertion says. */
function complaint(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the assertion held');
}

describe('tree', () => {
  it('has names below each other, with what went wrong', async () => {
    await planner();
    expect(recording.tree()).toBe(
      [
        'invoke_agent planner',
        '  chat gpt-5',
        '  execute_tool weather',
        '    look up',
        '  execute_tool weather (error: RangeError)',
      ].join('\n'),
    );
  });

  it('has the attributes that are asked for, where a span has them, and kinds', async () => {
    await planner();
    const attributes = ['gen_ai.tool.name', 'gen_ai.provider.name', 'gen_ai.operation.name'];
    expect(recording.tree({ attributes, kinds: true })).toBe(
      [
        'invoke_agent planner {gen_ai.operation.name=invoke_agent}',
        '  chat gpt-5 [client] {gen_ai.provider.name=openai, gen_ai.operation.name=chat}',
        '  execute_tool weather {gen_ai.tool.name=weather, gen_ai.operation.name=execute_tool}',
        '    look up',
        '  execute_tool weather {gen_ai.tool.name=weather, gen_ai.operation.name=execute_tool} (error: RangeError)',
      ].join('\n'),
    );
  });

  it('says where a parent is another process, still open or not there, and what failed for no known reason', () => {
    const tracer = trace.getTracer('other');
    const below = (span: Span) => trace.setSpan(context.active(), span);
    const [open, gone] = [tracer.startSpan('open'), tracer.startSpan('gone')];
    gone.end();
    recording.clear();
    tracer.startSpan('from elsewhere', {}, remote).end();
    tracer.startSpan('child', {}, below(open)).setStatus({ code: 2 }).end();
    tracer.startSpan('orphan', {}, below(gone)).end();
    expect(recording.tree()).toBe(
      [
        'from elsewhere (remote parent)',
        'child (error: unknown) (parent has not ended)',
        'orphan (parent was not recorded)',
      ].join('\n'),
    );
    open.end();
  });

  it('has siblings by name where the order of their starts is not fixed', () => {
    for (const name of ['b', 'a', 'c']) step(name, () => undefined)();
    expect(recording.tree()).toBe('b\na\nc');
    expect(recording.tree({ order: 'name' })).toBe('a\nb\nc');
  });

  it('is empty where there is nothing', () => {
    expect(recording.tree()).toBe('');
  });
});

describe('assertTree', () => {
  it('takes the same tree, indented as the test is, and compares no attribute that is not named', async () => {
    await planner();
    recording.assertTree(`
      invoke_agent planner
        chat gpt-5
        execute_tool weather
          look up

        execute_tool weather (error: RangeError)
    `);
  });

  it('compares the attributes that are named, those of each line by itself', async () => {
    await planner();
    recording.assertTree(`
      invoke_agent planner
        chat gpt-5 {gen_ai.request.model=gpt-5, gen_ai.provider.name=openai}
        execute_tool weather {gen_ai.tool.name=weather}
          look up
        execute_tool weather (error: RangeError)
    `);
  });

  it('compares values of all types as text, also those with commas in them', () => {
    const attributes = { text: 'a, b=c', number: 4.5, flag: false, list: ['x', 'y'] };
    step('typed', { attributes }, () => undefined)();
    recording.assertTree('typed {text=a, b=c, number=4.5, flag=false, list=["x","y"]}');
  });

  it('takes back what it printed, also of a name with braces', () => {
    step('copy {a} {b', { attributes: { text: 'x} {y' } }, () => undefined)();
    const tree = recording.tree({ attributes: ['text'] });
    expect(tree).toBe('copy {a} {b {text=x} {y}');
    recording.assertTree(tree);
  });

  it('compares kinds and order where asked to', () => {
    ask();
    step('a', () => undefined)();
    recording.assertTree('a\nchat gpt-5 [client]', { kinds: true, order: 'name' });
  });

  it('shows the difference line by line', async () => {
    await planner();
    const expected = `
      invoke_agent planner
        chat gpt-5 {gen_ai.provider.name=anthropic}
        execute_tool weather
          look up
        execute_tool weather
        chat gpt-5
    `;
    expect(complaint(() => recording.assertTree(expected))).toBe(
      `The spans are not as expected (- expected, + recorded):

  invoke_agent planner
-   chat gpt-5 {gen_ai.provider.name=anthropic}
+   chat gpt-5 {gen_ai.provider.name=openai}
    execute_tool weather
      look up
-   execute_tool weather
-   chat gpt-5
+   execute_tool weather (error: RangeError)`,
    );
  });

  it('says so where nothing was recorded, and where nothing was expected', () => {
    expect(complaint(() => recording.assertTree('a\n  b'))).toBe(
      'The spans are not as expected (- expected, + recorded):\n\n- a\n-   b',
    );
    step('a', () => undefined)();
    expect(complaint(() => recording.assertTree(''))).toBe(
      'The spans are not as expected (- expected, + recorded):\n\n+ a',
    );
  });

  it('says what is still open, which the tree does not have', async () => {
    const running = agent('planner', async () => {
      ask();
      await new Promise((resolve) => setTimeout(resolve, 1));
    })();
    expect(complaint(() => recording.assertTree('invoke_agent planner\n  chat gpt-5'))).toBe(
      `The spans are not as expected (- expected, + recorded):

- invoke_agent planner
-   chat gpt-5
+ chat gpt-5 (parent has not ended)

Still open: invoke_agent planner. Wait for them with settled().`,
    );
    await running;
    recording.assertTree('invoke_agent planner\n  chat gpt-5');
  });

  it('throws what test runners know as a failed assertion', () => {
    step('a', () => undefined)();
    let thrown: unknown;
    try {
      recording.assertTree('b');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown).toMatchObject({
      name: 'AssertionError',
      code: 'ERR_ASSERTION',
      operator: 'assertTree',
      actual: 'a',
      expected: 'b',
    });
  });
});
