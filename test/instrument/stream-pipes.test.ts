import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tool } from '../../src/instrument/index.ts';
import { outcome, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

/** So many pieces, 5 ms apart. */
const stream = tool('x', (pieces: number) => {
  let made = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await sleep(5);
        if (made++ < pieces) controller.enqueue(new Uint8Array(1));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
});

async function count(from: ReadableStream<Uint8Array>): Promise<number> {
  let pieces = 0;
  for await (const _ of from) pieces++;
  return pieces;
}

describe('the span of a ReadableStream', () => {
  it.each<[string, (from: ReadableStream<Uint8Array>) => Promise<unknown>]>([
    [
      'whose destination fails',
      (from) => {
        const write = () => Promise.reject(new Error('client gone'));
        return from.pipeTo(new WritableStream({ write }));
      },
    ],
    ['that is aborted', (from) => from.pipeTo(new WritableStream(), { signal: AbortSignal.timeout(12) })],
  ])('is left early by a pipe %s, which is no error of the call', async (_how, pipe) => {
    await expect(pipe(stream(50))).rejects.toThrow();
    const span = recorder.span('execute_tool x');
    expect([outcome(span), span.attributes['ta.stopped_early']]).toEqual(['unset', true]);
  });

  it('goes on after a pipe that failed and left it to be read', async () => {
    const from = stream(2);
    const write = () => Promise.reject(new Error('client gone'));
    await expect(from.pipeTo(new WritableStream({ write }), { preventCancel: true })).rejects.toThrow('client gone');
    expect(recorder.spans.map(({ name }) => name)).not.toContain('execute_tool x');
    await count(from);
    expect(outcome(recorder.span('execute_tool x'))).toBe('unset');
  });

  it('refuses a pipe through with a wrong signal, as ever', async () => {
    const from = stream(1);
    const options = { signal: 'wrong' as unknown as AbortSignal };
    expect(() => from.pipeThrough(new TransformStream(), options)).toThrow(TypeError);
    expect(await count(from)).toBe(1);
  });
});
