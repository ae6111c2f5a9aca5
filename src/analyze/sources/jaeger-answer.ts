import { readText } from './http-body.ts';
import type { HttpAnswer } from './http-client.ts';
import { type PeerName, serverMessage } from './http-errors.ts';
import { SourceError } from './source-error.ts';

/**
 * What an answer turned out to be. Judged by the body alone: an unknown route of Jaeger 2.13 is 200 with the UI's HTML
 * page, its api_v3 says text/plain, a search without hits is a 404 with JSON, and a missing route a 404 without.
 */
export type Judged<T> =
  | { readonly kind: 'answer'; readonly value: T }
  /** Jaeger's own error. */
  | { readonly kind: 'error'; readonly status: number; readonly message: string }
  /** Nobody is at home on this route; `evidence` says what came instead. */
  | { readonly kind: 'no route'; readonly evidence: string };

/** A body of any size that looks right so far. */
export interface OpenedBody {
  readonly chunks: AsyncGenerator<Uint8Array, void, void>;
  /** It was short enough to be parsed at once: JSON from end to end, with the expected member. */
  readonly isWholeJson: boolean;
}

/** Enough to tell a page from JSON, and to hold any error of Jaeger's whole. */
const HEAD_BYTES = 65_536;

/** Reads a whole JSON answer of bounded size that has `member`. */
export async function readJsonAnswer(
  answer: HttpAnswer,
  member: string,
  maxBytes: number,
  name: PeerName,
): Promise<Judged<Readonly<Record<string, unknown>>>> {
  const { text, tooLarge } = await readText(answer.chunks, maxBytes);
  if (tooLarge) throw tooLargeError(name, maxBytes);
  return judgeText(text, answer.status, member, name);
}

/** Once more where an answer was cut: a GET does no harm, and a connection that broke once need not break again. */
export async function retryOnceWhenCut<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'TA1207') throw error;
    return ask();
  }
}

/** The error for an answer beyond a limit on its (decompressed) size. */
export function tooLargeError(name: PeerName, maxBytes: number, what = 'an answer'): SourceError {
  const size = maxBytes >= 1 << 20 ? `${Math.floor(maxBytes / (1 << 20))} MiB` : `${maxBytes} bytes`;
  return new SourceError('TA1208', `${name.peer} at ${name.printed} sent ${what} of more than ${size}`, {
    why: 'more is not read, so that memory stays bounded',
    fix: 'ask for less: --limit, --since, --service',
  });
}

/**
 * Looks at the first bytes of an answer of any size and gives the body back as a stream, those bytes included. Only a
 * short body is parsed here: a long one that begins like JSON is judged by whoever reads it.
 */
export async function openJsonStream(answer: HttpAnswer, member: string, name: PeerName): Promise<Judged<OpenedBody>> {
  const rest = answer.chunks[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  while (!ended && bytes < HEAD_BYTES) {
    const next = await rest.next();
    ended = next.done === true;
    if (next.done !== true) {
      head.push(next.value);
      bytes += next.value.byteLength;
    }
  }
  const judged = ended
    ? judgeText(Buffer.concat(head).toString('utf8'), answer.status, member, name)
    : judgeHead(head, answer.status);
  if (judged.kind !== 'answer') {
    if (!ended) answer.discard();
    return judged;
  }
  return { kind: 'answer', value: { chunks: joined(head, rest), isWholeJson: ended } };
}

async function* joined(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function judgeHead(head: readonly Uint8Array[], status: number): Judged<undefined> {
  const start = Buffer.concat(head).subarray(0, 512).toString('utf8');
  if (/^\uFEFF?\s*\{/.test(start) && status < 300) return { kind: 'answer', value: undefined };
  return { kind: 'no route', evidence: evidenceOf(start, status) };
}

function judgeText(
  text: string,
  status: number,
  member: string,
  name: PeerName,
): Judged<Readonly<Record<string, unknown>>> {
  const noRoute = { kind: 'no route', evidence: evidenceOf(text, status) } as const;
  if (!/^\uFEFF?\s*\{/.test(text)) return noRoute;
  let json: Readonly<Record<string, unknown>>;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new SourceError('TA1207', `the answer of ${name.peer} at ${name.printed} is no whole JSON`, {
      why: `it breaks off or goes wrong within ${text.length} characters`,
      fix: 'try again; if it stays, look into the log of the server or the proxy before it',
      cause,
    });
  }
  const failure = jaegerError(json, status);
  if (failure !== undefined) {
    return { kind: 'error', status: failure, message: serverMessage(text, name) ?? `HTTP ${failure}` };
  }
  // 2.13 leaves empty lists out altogether.
  const isEmptyAnswer = status === 200 && Object.keys(json).length === 0;
  return Object.hasOwn(json, member) || isEmptyAnswer ? { kind: 'answer', value: json } : noRoute;
}

/** The status inside an error of api_v3 ({error: {httpCode, message}}) or v1 ({errors: [{code, msg}]}). */
function jaegerError(json: Readonly<Record<string, unknown>>, status: number): number | undefined {
  const { error, errors } = json;
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const code = (error as { httpCode?: unknown }).httpCode;
    return typeof code === 'number' ? code : status;
  }
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (typeof first === 'object' && first !== null && 'msg' in first) {
    const code = (first as { code?: unknown }).code;
    return typeof code === 'number' ? code : status;
  }
  return undefined;
}

function evidenceOf(text: string, status: number): string {
  const start = text.trimStart().slice(0, 15).toLowerCase();
  const what = start === '' ? 'nothing' : start.startsWith('<') ? 'an HTML page' : 'something else than its JSON';
  return `HTTP ${status} with ${what}`;
}
