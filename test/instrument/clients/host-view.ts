import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ReceivedRequest, Vendor } from '../../support/vendors/vendor.ts';
import { sleep } from '../recorder.ts';

/** Anything that a vendor's package has or answers; tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: three releases have three sets of types
export type Loose = any;

export async function readAll(stream: AsyncIterable<Loose>): Promise<Loose[]> {
  const chunks: Loose[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc') as () => void;

/** Collects until `count` spans have ended; finalizers run when they like. */
export async function collectUntil(recorder: { readonly spans: readonly unknown[] }, count: number): Promise<void> {
  for (let tries = 0; tries < 200 && recorder.spans.length < count; tries++) {
    collectGarbage();
    await sleep(10);
  }
}

/** What a program sees of one use of a client. */
export interface HostView {
  /** Everything that the program noted, in its order: values with their classes, errors with theirs. */
  readonly log: unknown[];
  readonly requests: unknown[];
  readonly unhandled: unknown[];
}

export type Note = (what: string, value?: unknown) => void;

/** Runs a program against the server and tells what it saw, and what the server and the process saw of it. */
export async function hostView(server: Vendor, program: (note: Note) => Promise<unknown>): Promise<HostView> {
  const before = server.requests.length;
  const log: unknown[] = [];
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(described(reason));
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', onUnhandled);
  try {
    await program((what, value) => log.push([what, described(value)])).catch((error: unknown) => {
      log.push(['thrown', described(error)]);
    });
    await sleep(30);
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const one of others) process.on('unhandledRejection', one);
  }
  return { log, requests: server.requests.slice(before).map(sent), unhandled };
}

/** Ids and times that differ from one run to the next. */
const VOLATILE = /^(date|timestamp|amz-sdk-invocation-id|x-amz-date|authorization|idempotency-key|amz-sdk-request)$/;

function sent({ method, path, headers, body }: ReceivedRequest): unknown {
  const kept = Object.entries(headers).filter(([name]) => !VOLATILE.test(name));
  return { method, path, headers: kept, body };
}

/** A value as far as a program can look into it: classes, keys in their order, and what they hold. */
export function described(value: unknown, depth = 0): unknown {
  if (typeof value === 'function') return `function ${value.name}/${value.length}`;
  if (typeof value !== 'object' || value === null) return value;
  const name = (Object.getPrototypeOf(value) as { constructor?: { name: string } } | null)?.constructor?.name ?? 'null';
  if (value instanceof Error) {
    return { error: name, name: value.name, message: value.message, keys: Object.keys(value).sort() };
  }
  if (depth > 6 || value instanceof Date) return name;
  if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('utf8')];
  if (Array.isArray(value)) return value.map((item) => described(item, depth + 1));
  const members = Object.keys(value).map((key) => [
    key,
    VOLATILE.test(key) ? 'volatile' : described((value as Loose)[key], depth + 1),
  ]);
  return name === 'Object' ? members : [name, ...members];
}
