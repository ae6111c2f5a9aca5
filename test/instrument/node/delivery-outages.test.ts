import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, startCollector } from '../../support/collector.ts';
import { type DeliveryPrograms, deliveryPrograms, filesIn } from '../../support/delivery-process.ts';

let programs: DeliveryPrograms;

beforeAll(() => {
  programs = deliveryPrograms();
});

afterAll(() => programs.remove());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.concurrent('an outage of', () => {
  it.each([3, 12, 30])('%d seconds, while spans are made, loses none', { timeout: 80_000 }, async (seconds) => {
    const port = await freePort();
    const spool = programs.spool();
    const ms = seconds * 1000;
    const running = programs.run(['over time', 1, ms + 1500], { endpoint: `http://127.0.0.1:${port}`, spool });
    await sleep(ms);
    const collector = await startCollector({ port });
    const { made, isDelivered, stats } = JSON.parse((await running).stdout);
    expect([isDelivered, stats.delivered, collector.distinct()]).toEqual([true, made, made]);
    expect(filesIn(spool)).toEqual([]);
    await collector.close();
  });

  it('2 seconds between two times that all is well loses none', async () => {
    const port = await freePort();
    const running = programs.run(['over time', 1, 6000], { endpoint: `http://127.0.0.1:${port}` });
    const before = await startCollector({ port });
    await sleep(2000);
    await before.close();
    await sleep(2000);
    const after = await startCollector({ port });
    const { made, isDelivered } = JSON.parse((await running).stdout);
    const ids = new Set([...before.spans(), ...after.spans()].map(({ spanId }) => spanId));
    expect([isDelivered, ids.size]).toEqual([true, made]);
    await after.close();
  });
});
