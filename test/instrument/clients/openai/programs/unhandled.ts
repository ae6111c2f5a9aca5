import { traceOpenAI } from '../../../../../src/instrument/clients/openai.ts';
import { startOpenAI } from '../../../../support/vendors/openai.ts';
import { outcome, sleep, startRecorder } from '../../../recorder.ts';
import { type Client, MESSAGES, type RequestPromise, readAll } from '../sdk.ts';

/** Tells what Node reports about failing requests handled in many ways: `node unhandled.js <load.mjs> <bare|traced>`. */
const [load, mode] = process.argv.slice(2);

const { OpenAI } = (await import(load!)) as { OpenAI: new (options: object) => Client };
const recorder = startRecorder();
const reports: string[] = [];
process.on('unhandledRejection', (reason) => reports.push(`unhandled ${(reason as Error).message}`));
process.on('rejectionHandled', () => reports.push('handled late'));

const server = await startOpenAI();
let open = 0;
const counted = async (...args: Parameters<typeof fetch>) => {
  open++;
  return fetch(...args).finally(() => open--);
};
const plain = new OpenAI({ apiKey: 'k', baseURL: server.baseURL, maxRetries: 0, fetch: counted });
const client = mode === 'traced' ? traceOpenAI(plain) : plain;
const ignore = () => undefined;
const fail = (): RequestPromise => client.chat.completions.create({ model: 'gpt-fake:400', messages: MESSAGES });
const stream = (model: string) => client.chat.completions.create({ model, messages: MESSAGES, stream: true });

const HANDLINGS: Record<string, () => unknown> = {
  none: () => fail(),
  catch: () => fail().catch(ignore),
  'then only': () => fail().then(ignore),
  'then with two': () => fail().then(undefined, ignore),
  finally: () => fail().finally(ignore).catch(ignore),
  'with response': () => fail().withResponse(),
  'with response, handled': () => fail().withResponse().catch(ignore),
  'as response': () => fail().asResponse(),
  'as response, handled': () => fail().asResponse().catch(ignore),
  copy: () => fail()._thenUnwrap(ignore),
  'copy, handled': () => fail()._thenUnwrap(ignore).catch(ignore),
  parse: () => client.chat.completions.parse({ model: 'gpt-fake:400', messages: MESSAGES }),
  late: async () => {
    const promise = fail();
    do await sleep(40);
    while (open > 0);
    promise.catch(ignore);
  },
  'dying stream': () => stream('gpt-fake:die').then(readAll),
  'dying stream, handled': () => stream('gpt-fake:die').then(readAll).catch(ignore),
  'dying stream, not read': () => stream('gpt-fake:die'),
  'stream helper': () => client.chat.completions.stream({ model: 'gpt-fake:400', messages: MESSAGES }),
  'stream helper, handled': () =>
    client.chat.completions.stream({ model: 'gpt-fake:400', messages: MESSAGES }).done().catch(ignore),
  'response stream helper': () => client.responses.stream({ model: 'gpt-fake:400', input: 'x' }),
};

const seen: Record<string, unknown> = {};
await client.models.list();
for (const [handling, handle] of Object.entries(HANDLINGS)) {
  reports.length = 0;
  handle();
  // A helper sends its request a little later.
  do await sleep(60);
  while (open > 0);
  await sleep(40);
  seen[handling] = [...reports];
}
await server.stop();
const outcomes = [...new Set(recorder.spans.map(outcome))];
process.stdout.write(JSON.stringify({ seen, spans: recorder.spans.length, outcomes }));
