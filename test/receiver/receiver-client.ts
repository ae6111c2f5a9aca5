import { request } from 'node:http';
import { connect } from 'node:net';
import type { OtlpTraces } from '../../src/analyze/formats/otlp-types.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** One request on a connection of its own. */
export function send(url: string, sending: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method: sending.method ?? 'POST', headers: { ...JSON_TYPE, ...sending.headers }, agent: false };
    const outgoing = request(url, options, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) });
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(sending.body);
  });
}

/** Writes raw bytes and waits until the server closes; '' if it says nothing. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (piece) => {
      answer += piece.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

/** A request with one span for each id. */
export function tracesOf(...spanIds: readonly string[]): OtlpTraces {
  const spans = spanIds.map((spanId) => ({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId,
    name: `span ${spanId}`,
  }));
  return { resourceSpans: [{ scopeSpans: [{ spans }] }] };
}

/** The span ids of a batch, in order. */
export function spanIdsOf(traces: OtlpTraces): string[] {
  return (traces.resourceSpans ?? []).flatMap((resource) =>
    (resource.scopeSpans ?? []).flatMap((scope) => (scope.spans ?? []).map((span) => span.spanId)),
  );
}
