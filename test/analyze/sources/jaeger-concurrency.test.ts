import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapInOrder } from '../../../src/analyze/sources/jaeger-concurrency.ts';

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

describe('mapInOrder', () => {
  it('yields in the order of the items, with no more than allowed under way', async () => {
    let underWay = 0;
    let most = 0;
    const work = async (item: number) => {
      most = Math.max(most, ++underWay);
      await sleep((item * 7) % 20);
      underWay--;
      return item * 10;
    };
    const items = Array.from({ length: 30 }, (_, n) => n);
    expect(await collect(mapInOrder(items, 4, work))).toEqual(items.map((item) => item * 10));
    expect(most).toBe(4);
  });

  it('throws the first error in that order, after what comes before it, and stops the rest', async () => {
    const stopped: number[] = [];
    const work = async (item: number, signal: AbortSignal) => {
      signal.addEventListener('abort', () => stopped.push(item));
      if (item === 2) throw new Error('second');
      if (item === 1) await sleep(30);
      if (item === 3) throw new Error('third');
      return item;
    };
    const got: number[] = [];
    const run = async () => {
      for await (const result of mapInOrder([1, 2, 3, 4], 3, work)) got.push(result);
    };
    await expect(run()).rejects.toThrow('second');
    expect([got, stopped]).toEqual([[1], [1, 2, 3, 4]]);
  });

  it('stops the rest when the loop is left', async () => {
    let stopped = 0;
    const work = async (item: number, signal: AbortSignal) => {
      signal.addEventListener('abort', () => stopped++);
      return item;
    };
    for await (const _ of mapInOrder([1, 2, 3, 4, 5], 3, work)) break;
    expect(stopped).toBe(3);
  });
});
