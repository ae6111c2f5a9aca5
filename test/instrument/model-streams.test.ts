import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { llm } from '../../src/instrument/index.ts';
import { durationMs, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

describe('the span of a model that streams', () => {
  it('knows that it streams, and its time to the first piece in seconds', async () => {
    const model = llm('chat', async function* () {
      await sleep(30);
      yield 'a';
      await sleep(30);
      yield 'b';
    });
    for await (const _ of model());
    const { attributes } = recorder.span('chat');
    expect(attributes['gen_ai.request.stream']).toBe(true);
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThanOrEqual(0.028);
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeLessThan(durationMs(recorder.span('chat')) / 1000);
    expect(attributes['gen_ai.response.finish_reasons']).toBeUndefined();
  });

  it.each(['left', 'broken'])('has the finish reason `error` where it was %s', async (how) => {
    const model = llm('chat', async function* () {
      yield 'a';
      if (how === 'broken') throw new Error('connection lost');
      yield 'b';
    });
    const read = async () => {
      for await (const _ of model()) if (how === 'left') break;
    };
    await read().catch(() => undefined);
    expect(recorder.span('chat').attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
  });
});
