import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import { SpanQueue } from '../../../src/instrument/node/span-queue.ts';

const SPAN = { spanContext: () => ({ traceFlags: 1 }) } as ReadableSpan;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A queue of ten full batches, and what its exporter was asked for; answers are given by hand. */
function fullQueue() {
  const asked: ((error?: Error) => void)[] = [];
  const exporter: SpanExporter = {
    export: (_spans, done) => {
      asked.push((error) => {
        done(error === undefined ? { code: ExportResultCode.SUCCESS } : { code: ExportResultCode.FAILED, error });
      });
    },
    shutdown: async () => undefined,
  };
  const queue = new SpanQueue(exporter);
  for (let i = 0; i < 5120; i++) queue.onEnd(SPAN);
  return { queue, asked };
}

const unreachable = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const refused = Object.assign(new Error('Bad Request'), { code: 400 });

describe('a queue whose receiver cannot be reached', () => {
  it('sends nothing more in one go, so that the process can end, and gives up when it does', async () => {
    const { queue, asked } = fullQueue();
    await turn();
    expect(asked).toHaveLength(4);
    for (const answer of asked.splice(0)) answer(unreachable);
    await turn();
    expect([asked.length, queue.counts]).toEqual([0, { delivered: 0, failed: 2048, dropped: 0, pending: 3072 }]);
    queue.leave();
    expect([asked.length, queue.counts]).toEqual([0, { delivered: 0, failed: 5120, dropped: 0, pending: 0 }]);
  });

  it('gives up what waits when the process is ending already', async () => {
    const { queue, asked } = fullQueue();
    queue.leave();
    expect(asked).toHaveLength(4);
    for (const answer of asked.splice(0)) answer(unreachable);
    expect([asked.length, queue.counts]).toEqual([0, { delivered: 0, failed: 5120, dropped: 0, pending: 0 }]);
  });

  it('is shut down after one attempt', async () => {
    const { queue, asked } = fullQueue();
    const shut = queue.shutdown();
    for (const answer of asked.splice(0)) answer(unreachable);
    await shut;
    expect([asked.length, queue.counts.failed]).toEqual([0, 5120]);
  });
});

it('a queue goes on after a batch that is refused, also at the end of the process', async () => {
  const { queue, asked } = fullQueue();
  queue.leave();
  asked.shift()?.(refused);
  while (asked.length > 0) asked.shift()?.();
  expect(queue.counts).toEqual({ delivered: 4608, failed: 512, dropped: 0, pending: 0 });
});
