import { Duplex, PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, llm, tool } from '../../src/instrument/index.ts';
import { durationMs, foreignSpan, idOf, outcome, parentIdOf, type Recorder, sleep, startRecorder } from './recorder.ts';

let recorder: Recorder;

beforeEach(() => {
  recorder = startRecorder();
});

afterEach(() => recorder.stop());

const STOPPED = 'ta.stopped_early';
const SPAN = 'execute_tool x';

/** Pieces of text 5 ms apart, each with a span where it is made. */
function textStream(pieces: number, end: 'close' | 'fail' = 'close'): ReadableStream<Uint8Array> {
  let made = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await sleep(5);
        foreignSpan('pull');
        if (made++ < pieces) controller.enqueue(new TextEncoder().encode(`${made} `));
        else if (end === 'close') controller.close();
        else controller.error(new Error('broken'));
      },
    },
    { highWaterMark: 0 },
  );
}

const stream = tool('x', async (pieces: number, end?: 'close' | 'fail') => textStream(pieces, end));

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  for (let count = 0; ; count++) if ((await reader.read()).done) return count;
}

describe('a ReadableStream', () => {
  it.each<[string, (from: ReadableStream<Uint8Array>) => Promise<unknown>]>([
    ['a reader', (from) => readAll(from.getReader())],
    [
      'a loop',
      async (from) => {
        for await (const _ of from);
      },
    ],
    [
      'values()',
      async (from) => {
        for await (const _ of from.values());
      },
    ],
    ['pipeTo', (from) => from.pipeTo(new WritableStream())],
    ['pipeThrough', (from) => readAll(from.pipeThrough(new TransformStream()).getReader())],
    ['a Response', (from) => new Response(from).text()],
    ['Readable.fromWeb', (from) => text(Readable.fromWeb(from as never))],
    ['one branch of tee', (from) => readAll(from.tee()[0].getReader())],
    ['both branches of tee', (from) => Promise.all(from.tee().map((branch) => readAll(branch.getReader())))],
    [
      'two readers in turn',
      async (from) => {
        const first = from.getReader();
        await first.read();
        first.releaseLock();
        await readAll(from.getReader());
      },
    ],
  ])('is read inside its call to the end by %s', async (_way, read) => {
    await read(await stream(3));
    // A pipe is done a little after the one that reads its other end.
    await sleep(1);
    const span = recorder.span(SPAN);
    expect(outcome(span)).toBe('unset');
    expect(span.attributes[STOPPED]).toBeUndefined();
    expect(durationMs(span)).toBeGreaterThanOrEqual(16);
    expect(recorder.spans.filter((other) => other.name === 'pull').map(parentIdOf)).toEqual(Array(4).fill(idOf(span)));
  });

  it.each<[string, (from: ReadableStream<Uint8Array>) => Promise<unknown>]>([
    ['cancel', (from) => from.cancel('enough')],
    [
      "a reader's cancel",
      async (from) => {
        const reader = from.getReader();
        await reader.read();
        await reader.cancel('enough');
      },
    ],
    [
      'a loop that is left',
      async (from) => {
        for await (const _ of from) break;
      },
    ],
    ['both branches of tee', (from) => Promise.all(from.tee().map((branch) => branch.cancel()))],
  ])('is given up by %s', async (_way, giveUp) => {
    await giveUp(await stream(3));
    const span = recorder.span(SPAN);
    expect([outcome(span), span.attributes[STOPPED]]).toEqual(['unset', true]);
  });

  it.each<[string, (from: ReadableStream<Uint8Array>) => Promise<unknown>]>([
    ['a reader', (from) => readAll(from.getReader())],
    [
      'a loop',
      async (from) => {
        for await (const _ of from);
      },
    ],
    ['pipeTo', (from) => from.pipeTo(new WritableStream())],
    [
      'a branch of tee',
      (from) => {
        const [one, other] = from.tee();
        other.cancel().catch(() => undefined);
        return readAll(one.getReader());
      },
    ],
  ])('fails with its own reason for %s', async (_way, read) => {
    await expect(read(await stream(1, 'fail'))).rejects.toThrow('broken');
    expect(outcome(recorder.span(SPAN))).toBe('error + exception');
  });

  it('is the very object, of its class', async () => {
    class Tagged extends ReadableStream<number> {
      #tag = 'kept';
      tag(): string {
        return this.#tag;
      }
    }
    const inner = new Tagged({ start: (controller) => controller.close() });
    const outer = tool('x', () => inner)();
    expect(outer).toBe(inner);
    expect(outer.tag()).toBe('kept');
    await outer.cancel();
  });

  it('is read into buffers of the host where it is a byte stream', async () => {
    const bytes = tool('x', () => {
      return new ReadableStream({
        type: 'bytes',
        pull(controller) {
          const request = (controller as ReadableByteStreamController).byobRequest!;
          new Uint8Array((request.view as Uint8Array).buffer)[0] = 7;
          request.respond(1);
          controller.close();
        },
      });
    })();
    const reader = bytes.getReader({ mode: 'byob' });
    const { value } = await reader.read(new Uint8Array(4));
    expect([...value!]).toEqual([7]);
    expect((await reader.read(new Uint8Array(4))).done).toBe(true);
    expect(outcome(recorder.span(SPAN))).toBe('unset');
  });

  it('ends its span where the last piece is read and no further', async () => {
    const single = tool('x', () => {
      return new ReadableStream({
        start(controller) {
          controller.enqueue('only');
          controller.close();
        },
      });
    })();
    await single.getReader().read();
    await sleep(1);
    expect(recorder.spans.map(outcome)).toEqual(['unset']);
  });

  it('is left to the one who is reading it already', async () => {
    const locked = textStream(1);
    const reader = locked.getReader();
    expect(tool('x', () => locked)()).toBe(locked);
    expect(recorder.spans).toHaveLength(1);
    expect(await readAll(reader)).toBe(1);
  });

  it('refuses a second reader, a pipe and a cancel as ever, without an end of the span', async () => {
    const from = await stream(1);
    const reader = from.getReader();
    expect(() => from.getReader()).toThrow(TypeError);
    expect(() => from.tee()).toThrow(TypeError);
    expect(() => from.pipeThrough(new TransformStream())).toThrow(TypeError);
    await expect(from.cancel()).rejects.toThrow(TypeError);
    await expect(from.pipeTo(new WritableStream())).rejects.toThrow(TypeError);
    expect(recorder.spans).toEqual([]);
    await readAll(reader);
    expect(outcome(recorder.span(SPAN))).toBe('unset');
  });

  it('goes on after a reader that was released in the middle of a read', async () => {
    const from = await stream(2);
    const reader = from.getReader();
    const pending = reader.read();
    reader.releaseLock();
    await expect(pending).rejects.toThrow(TypeError);
    await readAll(from.getReader());
    expect(outcome(recorder.span(SPAN))).toBe('unset');
  });

  it('goes on after a loop that leaves it uncancelled', async () => {
    const from = await stream(2);
    for await (const _ of from.values({ preventCancel: true })) break;
    expect(recorder.spans.filter((span) => span.name === SPAN)).toEqual([]);
    await readAll(from.getReader());
    expect(recorder.span(SPAN).attributes[STOPPED]).toBeUndefined();
  });

  it('belongs to every wrapped call that hands it on, and times the first piece of a model', async () => {
    const model = llm('chat', { model: 'm' }, async () => textStream(2));
    await readAll((await agent('a', () => model())()).getReader());
    const [inner, outer] = [recorder.span('chat m'), recorder.span('invoke_agent a')];
    expect(inner.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThanOrEqual(0.004);
    expect(outer.attributes['gen_ai.response.time_to_first_chunk']).toBeUndefined();
    expect(durationMs(outer)).toBeGreaterThanOrEqual(13);
  });
});

describe('a stream of Node', () => {
  const readable = tool('x', (end: 'end' | 'fail') => {
    return Readable.from(
      (async function* () {
        yield 'a';
        await sleep(10);
        if (end === 'fail') throw new Error('broken');
        yield 'b';
      })(),
    );
  });

  it.each<[string, (from: Readable) => Promise<unknown>]>([
    [
      'a loop',
      async (from) => {
        for await (const _ of from);
      },
    ],
    ['events', (from) => finished(from.on('data', () => undefined))],
    ['a pipe', (from) => text(from.pipe(new PassThrough()))],
  ])('has a span until it has been read by %s', async (_way, read) => {
    await read(readable('end'));
    await sleep(1);
    expect(outcome(recorder.span(SPAN))).toBe('unset');
    expect(durationMs(recorder.span(SPAN))).toBeGreaterThanOrEqual(8);
  });

  it('fails with its own reason', async () => {
    await expect(text(readable('fail'))).rejects.toThrow('broken');
    await sleep(1);
    expect(outcome(recorder.span(SPAN))).toBe('error + exception');
  });

  it('is given up', async () => {
    const from = readable('end');
    for await (const _ of from) break;
    if (!from.closed) await new Promise((resolve) => from.once('close', resolve));
    expect(recorder.span(SPAN).attributes[STOPPED]).toBe(true);
  });

  it('does not start, and keeps its errors unhandled', () => {
    const from = readable('end');
    expect([from.readableFlowing, from.listenerCount('error')]).toEqual([null, 0]);
    from.destroy();
  });

  it('is no result where it is a connection', () => {
    const socket = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done();
      },
    });
    expect(tool('x', () => socket)()).toBe(socket);
    expect(recorder.spans).toHaveLength(1);
  });
});
