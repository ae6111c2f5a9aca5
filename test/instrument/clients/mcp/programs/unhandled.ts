import { traceMcp } from '../../../../../src/instrument/clients/mcp.ts';
import { outcome, sleep, startRecorder } from '../../../recorder.ts';
import { loadSdk, type Transport } from '../sdk.ts';

/** Tells what Node reports about failing requests handled in many ways: `node unhandled.js <load.mjs> <bare|traced>`. */
const [load, mode] = process.argv.slice(2);

const sdk = await loadSdk({ load: () => import(load!) });
const recorder = startRecorder();
const reports: string[] = [];
process.on('unhandledRejection', (reason) => reports.push(`unhandled ${(reason as Error).message}`));
process.on('uncaughtException', ({ message }) => reports.push(`uncaught ${message}`));
process.on('rejectionHandled', () => reports.push('handled late'));

const wrap = <T extends object>(transport: T): T => (mode === 'traced' ? traceMcp(transport) : transport);
const [clientSide, serverSide] = sdk.InMemoryTransport.createLinkedPair();
const client = sdk.newClient();
await sdk.newServer().connect(wrap(serverSide));
await client.connect(wrap(clientSide));

/** A transport that fails to send, used as a client would. */
const broken = (): Transport => {
  const [side] = sdk.InMemoryTransport.createLinkedPair();
  side.send = () => Promise.reject(new Error('broken pipe'));
  return wrap(side);
};
const ignore = () => undefined;
const unknown = () => client.readResource({ uri: 'memo://none' });
const request = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };

const HANDLINGS: Record<string, () => unknown> = {
  none: () => unknown(),
  catch: () => unknown().catch(ignore),
  'then only': () => unknown().then(ignore),
  late: async () => {
    const promise = unknown();
    await sleep(20);
    promise.catch(ignore);
  },
  'timed out': () => sdk.callTool(client, 'waits', { a: 30 }, { timeout: 5 }),
  'timed out, handled': () => sdk.callTool(client, 'waits', { a: 30 }, { timeout: 5 }).catch(ignore),
  'request not sent': () => broken().send(request),
  'request not sent, handled': () => broken().send(request).catch(ignore),
  'notification not sent': () => broken().send(notification),
  'notification not sent, handled': () => broken().send(notification).catch(ignore),
  'batch not sent': () => broken().send([request, notification]),
  'batch not sent, handled': () => broken().send([request, notification]).catch(ignore),
};

const seen: Record<string, string[]> = {};
for (const [handling, handle] of Object.entries(HANDLINGS)) {
  reports.length = 0;
  handle();
  await sleep(60);
  seen[handling] = [...reports];
}
const outcomes = new Set(recorder.spans.map(outcome));
process.stdout.write(JSON.stringify({ seen, outcomes: [...outcomes].sort() }), () => process.exit());
