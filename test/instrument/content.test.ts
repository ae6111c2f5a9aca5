import { SpanStatusCode } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureJson, captureText } from '../../src/instrument/capture.ts';
import { promptAttributes } from '../../src/instrument/clients/api/messages.ts';
import { SHARED_CHARS, textHash } from '../../src/instrument/content/shared-texts.ts';
import { agent, configureContent, current, llm, session, step, tool } from '../../src/instrument/index.ts';
import { openSpec } from '../../src/instrument/open-call.ts';
import { setUserRedact } from '../../src/instrument/redact.ts';
import { type Recorder, startRecorder } from './recorder.ts';

const KEY = ['sk', 'aB3dE5gH7jK9mN1pQ3sT5vW7'].join('-');
const BOTH = { captureInput: true, captureOutput: true };
const ARGUMENTS = 'gen_ai.tool.call.arguments';
const RESULT = 'gen_ai.tool.call.result';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(async () => {
  configureContent({ capture: false });
  setUserRedact(undefined);
  await recorder.stop();
});

const attributesOf = (name: string) => recorder.span(name).attributes;
const words = (length: number, seed: string) => `${seed} has some words to say. `.repeat(length / 10).slice(0, length);

describe('what is captured', () => {
  it('is nothing, unless it was asked for', () => {
    tool('x', (city: string) => `weather of ${city}`)('Paris');
    expect(JSON.stringify(attributesOf('execute_tool x'))).not.toContain('Paris');
  });

  it('is everything, once that is said for all, save where a wrapper says no', () => {
    const plain = tool('plain', (n: number) => n + 1);
    const quiet = tool('quiet', { captureInput: false, captureOutput: false }, (n: number) => n + 1);
    configureContent({ capture: true });
    for (const fn of [plain, quiet]) fn(1);
    expect(attributesOf('execute_tool plain')).toMatchObject({ [ARGUMENTS]: '1', [RESULT]: '2' });
    expect(attributesOf('execute_tool quiet')).not.toHaveProperty([ARGUMENTS]);
    expect(attributesOf('execute_tool quiet')).not.toHaveProperty([RESULT]);
  });

  it('can be one direction', () => {
    configureContent({ capture: { output: false } });
    tool('x', (n: number) => n + 1)(1);
    expect(attributesOf('execute_tool x')).toHaveProperty([ARGUMENTS], '1');
    expect(attributesOf('execute_tool x')).not.toHaveProperty([RESULT]);
  });
});

describe('the environment', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  it.each<[string, Record<string, string>, boolean | undefined, [boolean, boolean]]>([
    ['nothing', {}, undefined, [false, false]],
    ['nothing, and a wrapper all', {}, true, [true, true]],
    ['all', { TRACE_ANALYZE_CAPTURE: 'true' }, undefined, [true, true]],
    ['all, and a wrapper nothing', { TRACE_ANALYZE_CAPTURE: 'true' }, false, [false, false]],
    ['nothing for all', { TRACE_ANALYZE_CAPTURE: 'false' }, true, [false, false]],
    ['one direction', { TRACE_ANALYZE_CAPTURE: 'input' }, undefined, [true, false]],
    ['something unknown', { TRACE_ANALYZE_CAPTURE: 'please' }, true, [false, false]],
    ['all by the conventions', { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'True' }, undefined, [true, true]],
    [
      'nothing, which wins over the conventions',
      { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true', TRACE_ANALYZE_CAPTURE: 'off' },
      undefined,
      [false, false],
    ],
  ])('asks for %s', async (_what, env, own, expected) => {
    for (const name of ['TRACE_ANALYZE_CAPTURE', 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']) {
      vi.stubEnv(name, env[name]);
    }
    vi.resetModules();
    const { capturesInput, capturesOutput } = await import('../../src/instrument/content/settings.ts');
    expect([capturesInput(own), capturesOutput(own)]).toEqual(expected);
  });
});

describe('a value that is too large', () => {
  it('ends in a mark that says how long it was', () => {
    const text = captureText('word '.repeat(20_000));
    expect(text.endsWith('word … [100000 characters]') || text.endsWith('… [100000 characters]')).toBe(true);
    expect(text.length).toBeLessThan(33_000);
  });

  it('is cut evenly, so that nobody goes without', () => {
    const messages = Array.from({ length: 6 }, (_, i) => ({ role: 'user', content: words(30_000, `message ${i}`) }));
    const cut = JSON.parse(captureJson(messages)) as { content: string }[];
    expect(cut.map(({ content }) => content.slice(0, 9))).toEqual(messages.map(({ content }) => content.slice(0, 9)));
    expect(cut.every(({ content }) => content.endsWith('… [30000 characters]'))).toBe(true);
  });

  it('keeps the first and the last items of a list', () => {
    const list = JSON.parse(captureJson(Array.from({ length: 5000 }, (_, i) => i))) as unknown[];
    expect([list[0], list[1], list[2], list.at(-1)]).toEqual([0, '[4743 left out]', 4744, 4999]);
  });

  it('shows no half of a secret where it is cut', () => {
    for (let before = 32_740; before < 32_775; before++) {
      const text = `${'word '.repeat(7000).slice(0, before - 1)} ${KEY} ${'word '.repeat(4000)}`;
      expect(captureText(text)).not.toContain('sk-a');
      expect(captureJson({ text })).not.toContain('sk-a');
    }
    const message = `${'word '.repeat(500).slice(0, 2040)} ${KEY}`;
    try {
      step('fails', () => {
        throw new Error(message);
      })();
    } catch {}
    expect(JSON.stringify(recorder.span('fails').events)).not.toContain('sk-a');
  });

  it('takes what is left of the room of its span, and is counted', () => {
    configureContent({ capture: { maxSpanChars: 4000 } });
    tool('x', (_text: string) => words(9000, 'result'))(words(9000, 'input'));
    const attributes = attributesOf('execute_tool x');
    const [input, result] = [String(attributes[ARGUMENTS]), String(attributes[RESULT])];
    expect(JSON.parse(input)).toMatch(/^input .*… \[9000 characters]$/);
    expect(JSON.parse(result)).toMatch(/^result /);
    expect(input.length + result.length).toBeLessThan(4100);
    expect(attributes['ta.truncated']).toBeGreaterThanOrEqual(2);
  });

  it('is left out where its trace has no room, and only there', () => {
    configureContent({ capture: { maxTraceChars: 3000 } });
    const write = tool('write', (_text: string, _n: number) => undefined);
    agent('a', { captureInput: false, captureOutput: false }, () => {
      for (let i = 0; i < 6; i++) write(words(900, `text ${i}`), i);
    })();
    write('another trace', 7);
    const spans = recorder.spans.filter(({ name }) => name === 'execute_tool write');
    expect(spans.map(({ attributes }) => String(attributes[ARGUMENTS] ?? '').length > 500)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(spans.slice(4, 6).map(({ attributes }) => attributes['ta.truncated'])).toEqual([1, 1]);
    expect(spans[6]!.attributes[ARGUMENTS]).toBe('["another trace",7]');
    for (const { attributes } of spans) JSON.parse(String(attributes[ARGUMENTS] ?? 'null'));
  });
});

describe('a large text', () => {
  const instructions = words(5000, 'You are an agent that');
  const ask = (question: string) =>
    openSpec({
      kind: 'llm',
      name: 'chat',
      options: {
        model: question,
        attributes: promptAttributes({
          messages: [{ role: 'user', parts: [{ type: 'text', content: question }] }],
          instructions: [{ type: 'text', content: instructions }],
        }),
      },
    })!.succeed();
  const instructionsOf = (question: string): unknown =>
    JSON.parse(String(attributesOf(`chat ${question}`)['gen_ai.system_instructions']));

  it('is once in a trace; later a reference stands for it, which can be resolved', () => {
    agent('a', () => {
      ask('first');
      ask('second');
    })();
    ask('elsewhere');
    const reference = { type: 'text', content: { ref: textHash(instructions), chars: 5000 } };
    expect(instructionsOf('first')).toEqual([{ type: 'text', content: instructions }]);
    expect(instructionsOf('second')).toEqual([reference]);
    expect(instructionsOf('elsewhere')).toEqual([{ type: 'text', content: instructions }]);
  });

  it('costs its trace no room the second time', () => {
    configureContent({ capture: { maxTraceChars: 8000 } });
    agent('a', { captureInput: false, captureOutput: false }, () => {
      for (let i = 0; i < 10; i++) ask(`question ${i}`);
    })();
    expect(instructionsOf('question 9')).toEqual([
      { type: 'text', content: { ref: textHash(instructions), chars: 5000 } },
    ]);
    expect(attributesOf('chat question 9')).not.toHaveProperty(['ta.truncated']);
  });

  it('that had to be cut is not what a reference stands for', () => {
    configureContent({ capture: { maxSpanChars: 4000 } });
    const text = words(9000, 'long');
    agent('a', { captureInput: false, captureOutput: false }, () => {
      for (const name of ['one', 'two']) tool(name, (_text: string) => undefined)(text);
    })();
    const [one, two] = ['one', 'two'].map((name) =>
      JSON.parse(String(attributesOf(`execute_tool ${name}`)[ARGUMENTS])),
    );
    expect(one).toMatch(/^long .*characters]$/);
    expect(two).toEqual({ ref: textHash(one), chars: one.length });
  });

  it('has the hash that anybody can compute', () => {
    expect(SHARED_CHARS).toBe(1024);
    expect(textHash('')).toBe('1e924b9d737700d7');
  });
});

describe('a span has no secret', () => {
  const expectClean = () => expect(JSON.stringify(recorder.spans.map(shown))).not.toContain(KEY);
  const shown = ({ name, attributes, events, links, status }: Recorder['spans'][number]) => ({
    name,
    attributes,
    events,
    links: links.map((link) => link.attributes),
    status,
  });

  it('whatever exporter there is: of arguments, results and messages', async () => {
    await tool('x', BOTH, async (input: object) => [input, `it is ${KEY}`])({ api_key: 'a1b2c3d4', note: KEY });
    expectClean();
    expect(attributesOf('execute_tool x')).toMatchObject({
      [ARGUMENTS]: '{"api_key":"[redacted]","note":"[redacted key]"}',
      'ta.redacted': 5,
    });
  });

  it('of names, attributes, events, links, errors and sessions', async () => {
    const { traceId, spanId } = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    const link = { context: { traceId, spanId, traceFlags: 1 }, attributes: { note: KEY } };
    session(KEY, () =>
      step(`named ${KEY}`, { attributes: { note: KEY }, links: [link] }, () => {
        current()
          .attributes({ note: KEY, notes: [KEY], password: 'x' })
          .event(KEY, { note: KEY })
          .link(link);
      })(),
    );
    step('fixed', { name: ([name]) => name }, (_name: string) => undefined)(KEY);
    llm('chat', () =>
      current()
        .model(KEY)
        .response({ id: KEY, finishReasons: [KEY] }),
    )();
    await tool('fails', async () => Promise.reject(new Error(KEY)))().catch(() => undefined);
    expectClean();
    const failed = recorder.span('execute_tool fails');
    expect(failed.status).toEqual({ code: SpanStatusCode.ERROR, message: '[redacted key]' });
    expect(attributesOf('named [redacted key]')).toMatchObject({
      'gen_ai.conversation.id': '[redacted key]',
      notes: ['[redacted key]'],
      password: '[redacted]',
    });
  });

  it('that only the program knows to be one', () => {
    configureContent({ redact: (text) => text.replaceAll('Blue', '[project]') });
    tool('x', { ...BOTH, redact: (text) => text.replaceAll('Green', '[other]') }, (text: string) => text)('Blue Green');
    expect(attributesOf('execute_tool x')).toMatchObject({
      [ARGUMENTS]: '"[project] [other]"',
      [RESULT]: '"[project] [other]"',
    });
  });

  it('where its redaction throws', () => {
    const redact = () => {
      throw new Error('no');
    };
    tool('x', { ...BOTH, redact }, (text: string) => text)('hidden');
    expect(recorder.spans).toHaveLength(1);
    expect(JSON.stringify(recorder.spans.map(shown))).not.toContain('hidden');
  });

  it('and says nothing of redaction where there was none', () => {
    tool('x', BOTH, (text: string) => text)('plain');
    expect(attributesOf('execute_tool x')).not.toHaveProperty(['ta.redacted']);
    expect(attributesOf('execute_tool x')).not.toHaveProperty(['ta.truncated']);
  });
});
