import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { tracedFetch, tracedListener, tracedRequest } from '../../../src/instrument/http.ts';

/** Ends by what nobody handles: `node http.js bare|traced SCENARIO`. Tells on standard output what came before. */
const [mode, scenario] = process.argv.slice(2);
if (mode === 'traced') new NodeTracerProvider().register();
const wrapped =
  mode === 'traced'
    ? { get: tracedRequest(get), listener: tracedListener as <F>(fn: F) => F, fetch: tracedFetch() }
    : { get, listener: <F>(fn: F) => fn, fetch };

const say = (text: string) => process.stdout.write(`${text}\n`);
process.on('exit', (code) => say(`exit ${code}`));
process.on('uncaughtExceptionMonitor', (error, origin) => say(`${origin}: ${error.name}: ${error.message}`));

function serve(listener: Parameters<typeof createServer>[1]): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer(listener).listen(0, '127.0.0.1', () => {
      server.unref();
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

const broken = () =>
  serve((_, response) => response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy()));

const SCENARIOS: Record<string, () => unknown> = {
  'a request is refused': () => wrapped.get('http://127.0.0.1:9/'),
  'a request is refused, with a listener that throws': () =>
    wrapped.get('http://127.0.0.1:9/').on('error', () => {
      throw new RangeError('mine');
    }),
  'an answer breaks off, with nobody listening': async () =>
    wrapped.get(await broken(), (response) => response.on('close', () => say('close')).resume()),
  'an answer breaks off in a loop': async () =>
    wrapped.get(await broken(), async (response) => {
      for await (const piece of response) say(String(piece));
    }),
  'a fetch is refused': () => wrapped.fetch('http://127.0.0.1:9/'),
  'a body breaks off': async () => void (await wrapped.fetch(await broken())).text(),
  'a listener throws': async () => {
    const url = await serve(
      wrapped.listener(() => {
        throw new RangeError('mine');
      }),
    );
    get(url).on('error', () => undefined);
  },
  'a listener rejects': async () => {
    const url = await serve(
      wrapped.listener(async () => {
        throw new RangeError('mine');
      }),
    );
    get(url).on('error', () => undefined);
  },
};

void SCENARIOS[scenario!]!();
