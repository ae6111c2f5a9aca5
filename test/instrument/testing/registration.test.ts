import { context, createContextKey, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterEach, describe, expect, it } from 'vitest';
import { step } from '../../../src/instrument/index.ts';
import { init, shutdown } from '../../../src/instrument/node/index.ts';
import { recorder } from '../../../src/instrument/testing/index.ts';

afterEach(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

/** A provider of the program's own, with where its spans go. */
function ownProvider(): { provider: NodeTracerProvider; names(): string[] } {
  const memory = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
  return { provider, names: () => memory.getFinishedSpans().map(({ name }) => name) };
}

const call = (name: string) => step(name, () => undefined)();
const isKept = () => {
  const key = createContextKey('kept');
  return context.with(ROOT_CONTEXT.setValue(key, 1), () => context.active().getValue(key) === 1);
};
const hasProvider = () => trace.getTracer('any').startSpan('probe').isRecording();

describe('without a provider', () => {
  it('leaves nothing registered behind', () => {
    const recording = recorder();
    expect([hasProvider(), isKept(), propagation.fields()]).toEqual([
      true,
      true,
      ['traceparent', 'tracestate', 'baggage'],
    ]);
    recording.stop();
    expect([hasProvider(), isKept(), propagation.fields()]).toEqual([false, false, []]);
  });

  it('lets the program register one afterwards', () => {
    recorder().stop();
    const { provider, names } = ownProvider();
    provider.register();
    call('a');
    expect(names()).toEqual(['a']);
  });

  it('keeps a context manager and a propagator that are there', () => {
    new NodeTracerProvider().register();
    trace.disable();
    const recording = recorder();
    call('a');
    recording.stop();
    expect(recording.tree()).toBe('a');
    expect([hasProvider(), isKept(), propagation.fields()]).toEqual([
      false,
      true,
      ['traceparent', 'tracestate', 'baggage'],
    ]);
  });
});

describe('with a provider of the program', () => {
  it('takes its place, and puts it back with the last recorder', () => {
    const { provider, names } = ownProvider();
    provider.register();
    call('before');
    const [one, two] = [recorder(), recorder()];
    call('during');
    one.stop();
    call('still');
    two.stop();
    call('after');
    expect(names()).toEqual(['before', 'after']);
    expect(one.tree()).toBe('during');
    expect(two.tree()).toBe('during\nstill');
    expect([isKept(), propagation.fields()]).toEqual([true, ['traceparent', 'tracestate', 'baggage']]);
  });

  it('does so again and again', () => {
    const { provider, names } = ownProvider();
    provider.register();
    for (const name of ['a', 'b']) {
      const recording = recorder();
      call(name);
      recording.stop();
      expect(recording.tree()).toBe(name);
      call(`after ${name}`);
    }
    expect(names()).toEqual(['after a', 'after b']);
  });

  it('leaves one that came while it recorded, and records again when it is started again', () => {
    const recording = recorder();
    trace.disable();
    const { provider, names } = ownProvider();
    trace.setGlobalTracerProvider(provider);
    call('theirs');
    const again = recorder();
    call('ours');
    again.stop();
    recording.stop();
    call('theirs again');
    expect(names()).toEqual(['theirs', 'theirs again']);
    expect(recording.tree()).toBe('ours');
  });

  it('is the one that init finds: the program under test sends nothing anywhere', async () => {
    const recording = recorder();
    expect(init({ service: 'under-test', endpoint: 'http://127.0.0.1:1' })).toBe('existing');
    call('a');
    expect(await shutdown()).toBe(true);
    call('b');
    recording.stop();
    expect(recording.tree()).toBe('a\nb');
  });
});

it('says so where another copy of the API keeps it from recording', () => {
  const registry = Symbol.for('opentelemetry.js.api.1');
  const globals = globalThis as { [registry]?: object | undefined };
  const before = globals[registry];
  globals[registry] = { version: '1.4.1', propagation: {} };
  try {
    expect(() => recorder()).toThrow(
      'another copy of @opentelemetry/api was used first: nothing can be recorded (npm ls @opentelemetry/api)',
    );
  } finally {
    globals[registry] = before;
  }
});
