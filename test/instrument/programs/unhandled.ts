import { tool } from '../../../src/instrument/index.ts';
import { outcome, startRecorder } from '../recorder.ts';

/** Tells what Node reports about rejections handled in many ways: `node unhandled.js <shape> <bare|wrapped>`. */
const [shape, mode] = process.argv.slice(2);

class Subclass<T> extends Promise<T> {}

const recorder = startRecorder();
const reports: string[] = [];
process.on('unhandledRejection', (reason) => reports.push(`unhandled ${String(reason)}`));
process.on('rejectionHandled', () => reports.push('handled late'));

const SHAPES: Record<string, () => Promise<unknown>> = {
  async: async () => {
    await null;
    throw 'reason';
  },
  rejected: () => Promise.reject('reason'),
  subclass: () => new Subclass((_, reject) => setTimeout(() => reject('reason'), 5)),
  'rejected subclass': () => Subclass.reject('reason'),
};

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const make = SHAPES[shape!]!;
const run = mode === 'wrapped' ? tool('x', make) : make;
const ignore = () => undefined;

const HANDLINGS: Record<string, () => unknown> = {
  none: () => run(),
  catch: () => run().catch(ignore),
  'then with two': () => run().then(undefined, ignore),
  await: async () => {
    try {
      await run();
    } catch {}
  },
  'two handlers, one missing': () => {
    const promise = run();
    promise.catch(ignore);
    promise.then(ignore);
  },
  all: () => Promise.allSettled([run()]),
  finally: () => run().finally(ignore).catch(ignore),
  late: async () => {
    const promise = run();
    await sleep(30);
    promise.catch(ignore);
  },
};

const seen: Record<string, unknown> = {};
for (const [handling, handle] of Object.entries(HANDLINGS)) {
  reports.length = 0;
  handle();
  await sleep(60);
  seen[handling] = [...reports];
}
const outcomes = [...new Set(recorder.spans.map(outcome))];
process.stdout.write(JSON.stringify({ seen, spans: recorder.spans.length, outcomes }));
